/* SPDX-License-Identifier: MIT */
/* The least that a program with libcurl weighs: it initialises the library and waits to be
 * measured.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return EXIT_FAILURE;
    pause();
    return EXIT_SUCCESS;
}
