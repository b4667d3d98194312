/* SPDX-License-Identifier: MIT */
/* One question and what Consul answers to it, as rows of a table. */
#pragma once

#include "consul/scene.h"

struct play {
    const char *name, *script, *want_requests, *want_answers;
};

static inline void play_all(struct rig *rig, enum dep_kind kind, const struct play *plays, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct scene scene;

        scene_begin(&scene, rig, plays[i].script);
        scene_open(&scene);
        scene_ask(&scene, kind, "web");

        int status = rig_run(rig);
        struct watch_status watch = scene_status(&scene);

        if (status != 0 || strcmp(scene.fake.requests.ptr, plays[i].want_requests) != 0)
            fail_msg("%s: want requests\n%s\ngot\n%s\nlast error '%s', %s", plays[i].name,
                     plays[i].want_requests, scene.fake.requests.ptr, watch.last_error,
                     watch_state_name(watch.state));
        if (strcmp(buf_slice(&scene.answers).ptr, plays[i].want_answers) != 0)
            fail_msg("%s: want answers '%s', got '%s'", plays[i].name, plays[i].want_answers,
                     buf_slice(&scene.answers).ptr);
        scene_end(&scene);
    }
}
