/* SPDX-License-Identifier: MIT */
/* Ownership of locals: CLEANUP releases at the end of a scope, TAKE hands over. */
#pragma once

#define CLEANUP(fn)       __attribute__((cleanup(fn)))
#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN          __attribute__((noreturn))

/* The pointer, which the variable gives up: TAKE(x) yields x and leaves NULL in it. */
#define TAKE(ptr)                       \
    ({                                  \
        __typeof__(ptr) taken_ = (ptr); \
        (ptr) = NULL;                   \
        taken_;                         \
    })

/* Defines x_freep(), the form that CLEANUP calls, for an x_free() that accepts NULL. */
#define DEFINE_FREEP(type, free_fn)           \
    static inline void free_fn##p(type **ptr) \
    {                                         \
        free_fn(*ptr);                        \
        *ptr = NULL;                          \
    }

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that embeds a member, from a pointer to that member. */
#define CONTAINER_OF(ptr, type, member) \
    ((type *)(void *)((char *)(ptr) - __builtin_offsetof(type, member)))
