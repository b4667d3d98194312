/* SPDX-License-Identifier: MIT */
/* HCL's texts: quoted ones with escapes, and heredocs. */
#pragma once

#include "hcl_lexer.h"

/* The lexer stands at the opening quote. */
MUST_CHECK bool hcl_read_quoted(struct hcl_lexer *lexer, struct slice *ret_text);
/* The lexer stands at "<<". */
MUST_CHECK bool hcl_read_heredoc(struct hcl_lexer *lexer, struct slice *ret_text);
