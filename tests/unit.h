/* SPDX-License-Identifier: MIT */
/* What every unit test includes: cmocka, and the headers it wants before it, in this order. */
#pragma once

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
