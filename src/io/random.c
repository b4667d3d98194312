/* SPDX-License-Identifier: MIT */
/* Random numbers for jitter and names; never for secrets. */
#include <assert.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "io/loop.h"

/* Early in a boot the kernel may have nothing yet. The clock and the process number are then all
 * there is, and enough to keep two nodes apart. */
static uint64_t random_seed(void)
{
    struct timespec now;
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)getpid() << 48;
    }
    return seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014): every seed is good, and one word of state is all. */
uint64_t random_u64(void)
{
    static uint64_t state;
    static bool is_seeded;

    if (!is_seeded) {
        state = random_seed();
        is_seeded = true;
    }

    uint64_t z = state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t random_between(uint64_t from, uint64_t to)
{
    assert(from <= to);

    uint64_t n = to - from + 1; /* 0: all of them */

    if (n == 0)
        return random_u64();
    return from + (uint64_t)((unsigned __int128)random_u64() * n >> 64);
}
