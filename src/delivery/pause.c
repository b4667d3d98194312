/* SPDX-License-Identifier: MIT */
/* A delivery that stands still for a while, because somebody has said so. */
#include "delivery.h"

void delivery_pause(struct delivery *delivery, bool is_paused)
{
    if (delivery->is_paused == is_paused)
        return;
    delivery->is_paused = is_paused;
    if (is_paused) {
        CLEANUP(trial_freep) struct trial *trial = TAKE(delivery->trial);

        /* What a checker has not judged yet is checked anew. */
        if (trial && !delivery->kept.files)
            delivery_keep(delivery, &trial->parcel);
        timer_stop(&delivery->splay);
        take_up_hold(&delivery->take_up);
    }
    delivery_enter(delivery, delivery_next_state(delivery));
}
