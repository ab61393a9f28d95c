/* See explain_signals.h. tests/debug/test_bundle.c holds the paths against the waves of both variations. */
#include "explain_signals.h"

#include <stdio.h>
#include <string.h>

#define DATAPATH "u_engine.u_datapath."
#define POST DATAPATH "u_requant.gen_lane[%d]."
#define MASKS "gen_prune.u_masks."
#define SCORE "gen_prune.u_channels.u_score."

static const char *const paths[SIGNALS] = {
    [SIGNAL_LAYER] = "cmd.layer",
    [SIGNAL_STAGE] = "cmd.stage",
    [SIGNAL_STAGE_1] = "cmd1.stage",
    [SIGNAL_STAGE_2] = "cmd2.stage",
    [SIGNAL_ARRAY_MAC] = DATAPATH "m_q.mac",
    [SIGNAL_ARRAY_CONV] = DATAPATH "m_q.conv",
    [SIGNAL_ARRAY_Y] = DATAPATH "m_q.y",
    [SIGNAL_ARRAY_X] = DATAPATH "m_q.x",
    [SIGNAL_ARRAY_SLICE] = DATAPATH "m_q.out_slice",
    [SIGNAL_ARRAY_SRC_Y] = DATAPATH "m_q.src_y",
    [SIGNAL_ARRAY_SRC_X] = DATAPATH "m_q.src_x",
    [SIGNAL_ARRAY_INPUTS] = DATAPATH "act",
    [SIGNAL_ARRAY_WEIGHTS] = DATAPATH "u_array.gen_sim.u_body.gen_lane[%d].weights",
    [SIGNAL_POST_OUT] = DATAPATH "e_q.out",
    [SIGNAL_POST_CONV] = DATAPATH "e_q.conv",
    [SIGNAL_POST_Y] = DATAPATH "e_q.y",
    [SIGNAL_POST_X] = DATAPATH "e_q.x",
    [SIGNAL_POST_SLICE] = DATAPATH "e_q.out_slice",
    [SIGNAL_POST_RELU] = DATAPATH "e_q.relu",
    [SIGNAL_POST_ACC] = POST "acc",
    [SIGNAL_POST_MULT] = POST "mult",
    [SIGNAL_POST_RES_MULT] = POST "res_mult",
    [SIGNAL_POST_BIAS] = POST "bias",
    [SIGNAL_POST_IDENTITY] = POST "id",
    [SIGNAL_POST_SHIFT] = POST "shift_q",
    [SIGNAL_MASK_VALID] = MASKS "u_unit.obs_valid_o",
    [SIGNAL_MASK_Y] = MASKS "obs_y_o",
    [SIGNAL_MASK_X] = MASKS "obs_x_o",
    [SIGNAL_MASK_LAYER] = MASKS "u_unit.obs_layer_o",
    [SIGNAL_MASK_TOTAL] = MASKS "u_unit.total",
    [SIGNAL_SCORE_START] = SCORE "start_i",
    [SIGNAL_SCORE_FIRST] = SCORE "first_i",
    [SIGNAL_SCORE_POOLED] = SCORE "pooled_i",
    [SIGNAL_SCORE_COUNT] = SCORE "count_i",
};

const char *explain_signal_path(explain_signal s) { return paths[s]; }

/* The path with the lane in the place of "%d". */
static void name_of(const explain_wanted *wanted, char *name, size_t size) {
    const char *path = paths[wanted->signal], *lane = strstr(path, "%d");
    if (lane == NULL)
        (void)snprintf(name, size, "%s", path);
    else
        (void)snprintf(name, size, "%.*s%d%s", (int)(lane - path), path, wanted->lane, lane + 2);
}

bool explain_find(explanation *e, wave_read *w, const explain_wanted *wanted, int count) {
    char name[96], first[96] = "";
    int lacking = 0;
    for (int i = 0; i < count; i++) {
        name_of(&wanted[i], name, sizeof name);
        *wanted[i].to = wave_read_signal(w, name);
        if (*wanted[i].to < 0 && lacking++ == 0) memcpy(first, name, sizeof first);
    }
    if (lacking > 0) explain_say(e, "  the wave was not looked at: it lacks %s%s\n", first, lacking > 1 ? " and others" : "");
    return lacking == 0;
}

bool explain_command_is(const explain_command *s, const wave_read *w, int layer, int stage) {
    uint64_t conv = wave_read_value(w, s->conv);
    return conv < 3 && (int)wave_read_value(w, s->layer) == layer && (int)wave_read_value(w, s->stage[conv]) == stage;
}

bool explain_watch(explanation *e, const failure_case *c, wave_read *w, wave_read_cycle *look, void *context) {
    dp_error err;
    if (wave_read_run(w, c->from, c->cycle, look, context, &err) == DP_OK) return true;
    explain_say(e, "  %s\n", err.text);
    return false;
}
