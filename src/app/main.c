/* SPDX-License-Identifier: MIT */
/* Where the program begins. */
#include <stdlib.h>

int main(void)
{
    return EXIT_SUCCESS;
}
