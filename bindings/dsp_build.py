"""The offline face of the C library: G.711, tones, WAV, AMD, beeps, SIP and SDP parsing, for switchroom.dsp and
switchroom.sip. cffi in API mode, linked against the same library as the live face.

By hand: `python bindings/dsp_build.py` after `make -C csrc lib` writes engine/switchroom/_dsp.*.so.
"""

from __future__ import annotations

import os
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
SANITIZE = os.environ.get("SWITCHROOM_SANITIZE", "")  # as in setup.py
LIBRARY = ROOT / f"build/c/{'asan' if SANITIZE else 'plain'}/libswitchroom.a"
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O0" if os.environ.get("SWITCHROOM_DEBUG") == "1" else "-O2", "-g"]
SANITIZERS = [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer"] if SANITIZE else []

DECLARATIONS = """
const char *switchroom_version(void);
struct str { const char *p; size_t n; };
struct net_addr { uint8_t family; uint16_t port; uint8_t ip[16]; ...; };
enum codec { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS, CODEC_NONE, ... };

void g711_decode(enum codec c, const uint8_t *in, size_t n, int16_t *out);
void g711_encode(enum codec c, const int16_t *in, size_t n, uint8_t *out);
void g711_transcode(enum codec from, enum codec to, const uint8_t *in, size_t n, uint8_t *out);
uint8_t g711_silence(enum codec c);

struct tone_spec { uint16_t hz[2]; int16_t level_cdb; uint16_t on_ms, off_ms; uint32_t total_ms; ...; };
struct tone { ...; };
int tone_init(struct tone *t, const struct tone_spec *spec);
size_t tone_fill(struct tone *t, int16_t *pcm, size_t n);
int tone_dtmf(struct tone_spec *spec, char digit, uint32_t ms);

struct tone_segment { uint16_t hz[4]; uint16_t mod_hz; int16_t level_cdb; uint32_t ms; ...; };
struct tone_plan { uint8_t n, repeat_from; uint32_t total_ms; struct tone_segment segments[16]; ...; };
struct cadence { ...; };
int cadence_check(const struct tone_plan *plan);
void cadence_seek(struct cadence *c, const struct tone_plan *plan, uint64_t at);
void cadence_fill(struct cadence *c, int16_t *pcm, size_t n);

enum wav_format { WAV_PCM16, WAV_ALAW, WAV_ULAW, ... };
struct wav { enum wav_format format; uint16_t channels; uint32_t rate; ...; };
int wav_parse(struct wav *w, const void *file, size_t n, const char **why);
size_t wav_samples(const struct wav *w);
size_t wav_decode(const struct wav *w, unsigned channel, int16_t *out);

struct amd_opts {
    uint16_t initial_silence_ms, greeting_ms, after_greeting_ms, total_ms, min_word_ms, max_words; ...;
};
struct amd { bool decided; uint8_t verdict, reason; uint16_t confidence; uint32_t decided_ms; ...; };
void amd_init(struct amd *a, const struct amd_opts *o);
bool amd_push(struct amd *a, const int16_t *pcm, size_t n);
void amd_finish(struct amd *a);
static const char *const amd_verdict_names[];
static const char *const amd_reason_names[];

struct beep { uint32_t start_ms, end_ms; uint16_t hz; bool found; ...; };
void beep_init(struct beep *b);
bool beep_push(struct beep *b, const int16_t *pcm, size_t n);

struct dtmf { ...; };
void dtmf_init(struct dtmf *d);
size_t dtmf_push(struct dtmf *d, const int16_t *pcm, size_t n);
char dtmf_ended(const struct dtmf *d, uint32_t *ms);

struct sip_hdr { struct str name, value; uint8_t id; ...; };
static const char *const sip_header_names[];
struct sip_msg {
    bool request; uint16_t status; struct str method_name, ruri, reason, body; uint8_t nhdr;
    struct sip_hdr hdr[...]; const char *why; ...;
};
int sip_msg_parse(struct sip_msg *m, const void *data, size_t n);
int sip_msg_check(struct sip_msg *m);
struct sip_uri { struct str scheme, user, password, host, params, headers; uint16_t port; ...; };
int sip_uri_parse(struct sip_uri *u, struct str s);

struct sdp_media_line { struct str kind, proto, formats; uint16_t port; ...; };
struct sdp {
    unsigned nmedia; int audio; struct sdp_media_line media[...]; struct net_addr rtp, rtcp; uint8_t npt;
    uint8_t pt[...]; uint8_t codec[...]; uint8_t te_pt, dir, ptime_ms; bool rtcp_mux; const char *why; ...;
};
int sdp_parse(struct sdp *s, struct str text);
size_t net_addr_format(const struct net_addr *a, bool with_port, char *out);
"""

SOURCE = """
#include "base/netaddr.h"
#include "dsp/amd.h"
#include "dsp/beep.h"
#include "dsp/cadence.h"
#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "dsp/tone.h"
#include "dsp/wav.h"
#include "sip/message.h"
#include "sip/sdp.h"
#include "switchroom.h"

#define X(name, text) text,
static const char *const amd_verdict_names[] = { AMD_VERDICTS(X) };
static const char *const amd_reason_names[] = { AMD_REASONS(X) };
#undef X
#define X(id, name, compact) name,
static const char *const sip_header_names[] = { "", SIP_HEADERS(X) }; /* by enum sip_hdr_id */
#undef X
"""

ffibuilder = FFI()
ffibuilder.cdef(DECLARATIONS)
ffibuilder.set_source(
    "switchroom._dsp",
    SOURCE,
    include_dirs=[str(ROOT / "csrc"), str(ROOT / "csrc/include")],
    extra_objects=[str(LIBRARY)],
    depends=[str(LIBRARY)],
    libraries=["spandsp", "opus", "srtp2", "crypto", "m"],
    extra_compile_args=[*FLAGS, *SANITIZERS, "-fvisibility=hidden", "-pthread"],
    extra_link_args=["-pthread", *SANITIZERS],
)

if __name__ == "__main__":
    built = Path(ffibuilder.compile(tmpdir=str(ROOT / "build/cffi")))
    built.replace(ROOT / "engine/switchroom" / built.name)
