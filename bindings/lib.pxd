# lib.pxd  The C library, declared once. csrc/include/switchroom.h has the rules of each call.
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "<stdbool.h>" nogil:
    ctypedef bint c_bool "bool"


cdef extern from "switchroom.h" nogil:
    const char *SWITCHROOM_VERSION
    const char *switchroom_version()

    struct c_str "str":
        const char *p
        size_t n

    enum:
        ADDR_NONE
        ADDR_V4
        ADDR_V6
        CODEC_PCMU
        CODEC_PCMA
        CODEC_G722
        CODEC_OPUS
        CODEC_NONE

    struct net_addr:
        uint8_t family
        uint8_t pad
        uint16_t port
        uint8_t ip[16]

    # ------------------------------------------------------------------ SIP
    enum:
        SIP_SIDE_COUNT
        SIP_EV_INCOMING
        SIP_EV_PROGRESS
        SIP_EV_ANSWERED
        SIP_EV_CONFIRMED
        SIP_EV_MEDIA
        SIP_EV_MODIFIED
        SIP_EV_ENDED
        SIP_EV_OPTIONS

    const char *sip_side_name(int side)
    unsigned sip_status_q850(unsigned status)
    const char *sip_status_text(unsigned status)

    struct sip_core:
        pass

    struct sip_core_opts:
        uint64_t seed[2]
        c_str user_agent
        uint32_t max_calls
        uint32_t max_transactions
        uint32_t t1_ms
        uint32_t t2_ms
        uint32_t t4_ms
        uint32_t retry_after_s
        c_bool allow_options
        uint8_t codecs[4]
        uint8_t ncodecs

    int sip_core_init(sip_core **out, const sip_core_opts *o)
    void sip_core_free(sip_core *c)
    int sip_core_flow(sip_core *c, uint32_t id, const net_addr *local, c_bool reliable)
    void sip_core_accept_new(sip_core *c, c_bool on)
    int sip_core_recv(sip_core *c, uint32_t flow, const net_addr *src, const void *data, size_t n, uint64_t now)
    uint64_t sip_core_next(const sip_core *c)
    void sip_core_tick(sip_core *c, uint64_t now)

    struct sip_tx:
        uint32_t flow
        net_addr dst
        const void *data
        size_t n

    size_t sip_core_drain_tx(sip_core *c, sip_tx *out, size_t max)

    struct srtp_key:
        uint8_t suite

    struct srtp_keys:
        srtp_key rx
        srtp_key tx

    enum:
        SRTP_SUITE_COUNT

    const char *srtp_suite_name(unsigned suite)
    void srtp_key_wipe(srtp_key *key)

    struct sip_media:
        net_addr rtp
        net_addr rtcp
        uint8_t codec
        uint8_t te_pt
        uint8_t dir
        uint8_t ptime_ms
        uint8_t rtcp_mux
        uint8_t srtp
        uint32_t srtp_serial
        uint8_t pt
        uint8_t own_pt
        uint8_t te_khz
        uint8_t fec
        uint8_t play_khz

    struct sip_event:
        uint8_t kind
        uint8_t side
        uint16_t status
        uint16_t q850
        uint32_t flow
        uint64_t call
        uint64_t tag
        uint64_t at
        net_addr src
        sip_media media
        c_str call_id
        c_str ruri
        c_str ruri_user
        c_str from_ "from"
        c_str from_user
        c_str to
        c_str to_user
        c_str contact
        c_str reason
        c_str headers

    size_t sip_core_drain_events(sip_core *c, sip_event *out, size_t max)

    struct sip_local:
        net_addr rtp
        uint8_t codecs[4]
        uint8_t ncodecs
        uint8_t te_pt
        uint8_t dir
        uint8_t srtp
        c_bool rtcp_mux

    struct sip_call_opts:
        uint32_t flow
        net_addr dst
        c_str ruri
        c_str from_ "from"
        c_str to
        c_str route
        c_str username
        c_str password
        c_str headers
        sip_local local
        uint32_t ring_ms
        uint64_t tag
        uint8_t hops

    int sip_call_create(sip_core *c, const sip_call_opts *o, uint64_t now, uint64_t *call)
    int sip_call_tag(sip_core *c, uint64_t call, uint64_t tag)
    int sip_call_progress(sip_core *c, uint64_t call, unsigned status, const sip_local *local, uint64_t now)
    int sip_call_answer(sip_core *c, uint64_t call, const sip_local *local, uint64_t now)
    int sip_call_check(sip_core *c, uint64_t call, const sip_local *local)
    int sip_call_media(const sip_core *c, uint64_t call, sip_media *out)
    int sip_call_srtp(const sip_core *c, uint64_t call, srtp_keys *out)
    int sip_call_reject(sip_core *c, uint64_t call, unsigned status, c_str headers, uint64_t now)
    int sip_call_hangup(sip_core *c, uint64_t call, unsigned q850, uint64_t now)
    int sip_call_modify(sip_core *c, uint64_t call, const sip_local *local, uint64_t now)
    int sip_options_send(sip_core *c, uint32_t flow, const net_addr *dst, c_str ruri, uint64_t tag, uint64_t now)

    struct c_sip_stats "sip_stats":
        uint64_t rx
        uint64_t tx
        uint64_t rx_bad
        uint64_t rx_dropped
        uint64_t retransmits_tx
        uint64_t retransmits_rx
        uint64_t calls_in
        uint64_t calls_out
        uint64_t calls_refused
        uint32_t calls
        uint32_t transactions
        uint64_t no_buffers

    void sip_core_stats(const sip_core *c, c_sip_stats *out)

    enum:
        SIP_BAD_KEPT
    struct sip_bad:
        uint64_t at
        uint32_t flow
        uint32_t size
        net_addr src
        const char *why
        uint32_t n
        char data[200]
    size_t sip_core_bad(const sip_core *c, sip_bad *out, size_t max)

    # ---------------------------------------------------------------- media
    struct media:
        pass

    struct media_opts:
        uint32_t workers
        net_addr address
        uint16_t port_min
        uint16_t port_max
        uint32_t max_legs
        uint8_t wake
        c_bool pin
        uint32_t silence_ms
        uint8_t opus_complexity
        uint32_t opus_bitrate
        uint32_t rec_buffer
        uint32_t grace_ms
        uint32_t relatch_ms

    int media_init(media **out, const media_opts *o)
    void media_free(media *m)
    int media_event_fd(const media *m)

    enum:
        MEDIA_EV_COUNT

    struct media_event:
        uint32_t kind
        int32_t a
        int32_t d
        int64_t b
        int64_t c
        uint64_t handle
        uint64_t tag
        uint64_t at
        net_addr addr

    size_t media_drain(media *m, media_event *out, size_t max)

    enum:
        LEG_ANY_WORKER

    struct leg_opts:
        uint64_t tag
        uint32_t worker
        uint32_t silence_ms
        net_addr address
        uint8_t dtmf

    int media_leg_open(media *m, const leg_opts *o, uint64_t *leg, net_addr *local)
    uint32_t media_leg_worker(const media *m, uint64_t leg)

    struct leg_remote:
        net_addr rtp
        net_addr rtcp
        net_addr peer
        uint8_t codec
        uint8_t te_pt
        uint8_t dir
        uint8_t ptime_ms
        c_bool rtcp_mux
        const srtp_keys *srtp
        uint8_t pt
        uint8_t own_pt
        uint8_t te_khz
        uint8_t fec
        uint8_t play_khz

    int media_leg_remote(media *m, uint64_t leg, const leg_remote *r)
    int media_leg_close_at(media *m, uint64_t leg, uint64_t at)
    int media_leg_release(media *m, uint64_t leg)
    int media_bridge(media *m, uint64_t a, uint64_t b)
    int media_unbridge(media *m, uint64_t leg)
    int media_echo(media *m, uint64_t leg, c_bool on)
    int media_mix_open(media *m, uint64_t *mix)
    int media_mix_join(media *m, uint64_t mix, uint64_t leg, unsigned roles)
    int media_mix_hear(media *m, uint64_t mix, uint64_t leg, const uint64_t *others, size_t n)
    int media_mix_leave(media *m, uint64_t leg)
    int media_mix_close(media *m, uint64_t mix)
    struct clip:
        pass

    int media_clip_read(const char *path, clip **out, char *why, size_t why_n)
    int media_clip_make(const int16_t *pcm, size_t samples, clip **out)
    void media_clip_discard(clip *c)
    size_t media_clip_length(const clip *c)
    const int16_t *media_clip_audio(const clip *c)
    int media_clip_adopt(media *m, clip *c, uint64_t *handle)
    int media_clip_release(media *m, uint64_t clip)
    enum:
        TONE_PARTS
        TONE_SEGMENTS
        PLAY_ITEMS_MAX

    struct tone_segment:
        uint16_t hz[4]
        uint16_t mod_hz
        int16_t level_cdb
        uint32_t ms

    struct tone_plan:
        uint8_t n
        uint8_t repeat_from
        uint32_t total_ms
        tone_segment segments[16]

    struct play_item:
        uint64_t clip
        const tone_plan *tone
        uint32_t start "from"
        uint32_t samples
        uint32_t loops

    struct play_opts:
        uint64_t tag
        uint32_t loops
        int16_t gain_cdb
        c_bool queue
        uint64_t start
        uint64_t epoch

    enum play_do:
        pass

    int media_play_list(media *m, uint64_t leg, const play_item *items, size_t n, const play_opts *o)
    int media_play_do(media *m, uint64_t leg, uint64_t tag, play_do what, int64_t value, uint32_t ramp_ms)

    struct tone_spec:
        uint16_t hz[2]
        int16_t level_cdb
        uint16_t on_ms
        uint16_t off_ms
        uint32_t total_ms

    int media_tone(media *m, uint64_t leg, const tone_spec *t, uint64_t tag)
    int media_dtmf(media *m, uint64_t leg, const char *digits, uint32_t tone_ms, uint32_t gap_ms, uint64_t tag)
    int media_stop_play(media *m, uint64_t leg)

    struct record_opts:
        const char *path
        size_t suffix
        uint8_t sides
        uint8_t format
        uint32_t part_ms
        uint64_t part_bytes
        uint32_t beep_every_ms
        tone_spec beep
        uint64_t tag

    int media_record(media *m, uint64_t leg, const record_opts *o, uint64_t *rec)
    int media_record_pause(media *m, uint64_t rec)
    int media_record_resume(media *m, uint64_t rec)
    int media_record_stop_at(media *m, uint64_t rec, uint64_t at)

    struct amd_opts:
        uint16_t initial_silence_ms
        uint16_t greeting_ms
        uint16_t after_greeting_ms
        uint16_t total_ms
        uint16_t min_word_ms
        uint16_t max_words

    int media_amd_start(media *m, uint64_t leg, const amd_opts *o)
    int media_amd_stop(media *m, uint64_t leg)
    int media_beep_start(media *m, uint64_t leg, uint32_t timeout_ms)
    int media_tap_open(media *m, uint64_t leg, uint32_t buffer_ms)
    int media_tap_close(media *m, uint64_t leg)
    int media_tap_read(media *m, uint64_t leg, int16_t *out, size_t max_samples, uint64_t *dropped)
    int media_sink_open(media *m, uint64_t leg, uint32_t buffer_ms)
    int media_sink_write(media *m, uint64_t leg, const int16_t *pcm, size_t samples)
    int media_sink_flush(media *m, uint64_t leg)
    int media_sink_close(media *m, uint64_t leg)

    int media_fork_open(media *m, uint64_t leg, unsigned sides, uint32_t buffer_ms)
    int media_fork_close(media *m, uint64_t leg)
    int media_fork_read(media *m, uint64_t leg, int16_t *out, size_t max_samples, uint64_t *dropped)
    int media_sink_left(media *m, uint64_t leg)

    struct leg_stats:
        uint64_t rx_packets
        uint64_t rx_bytes
        uint64_t tx_packets
        uint64_t tx_bytes
        uint64_t rx_lost
        uint64_t rx_reordered
        uint64_t rx_duplicates
        uint64_t rx_bad
        uint64_t rx_foreign
        uint64_t tx_errors
        uint32_t jitter_us
        uint32_t remote_lost
        uint32_t remote_jitter_us
        uint32_t rtt_us
        uint32_t ssrc_changes
        uint32_t playout_delay_ms
        uint32_t playout_target_ms
        uint32_t playout_late
        uint32_t playout_dropped
        uint32_t concealed_ms
        uint32_t stretched_ms
        uint64_t first_rx_at
        uint64_t last_rx_at
        uint16_t local_port
        uint8_t worker
        uint8_t closed
        uint8_t encrypted
        uint8_t rtcp_mux
        net_addr foreign
        uint64_t srtp_bad
        uint64_t srtp_replayed

    int media_leg_stats(media *m, uint64_t leg, leg_stats *out)

    struct quality_opts:
        c_bool levels
        uint8_t xr
        uint16_t mos_cent
        uint16_t loss_permille
        uint16_t jitter_ms
        uint16_t rtt_ms
        uint16_t clip_permille
        int16_t level_low_cdb
        int16_t level_high_cdb
        int16_t silence_cdb
        uint32_t one_way_ms
        uint32_t dead_air_ms
        uint32_t interval_ms

    struct quality_rating:
        uint16_t r
        uint16_t r_last
        uint16_t r_min
        uint16_t r_avg
        uint16_t mos
        uint16_t mos_last
        uint16_t mos_min
        uint16_t mos_avg

    struct quality_sound:
        uint64_t voice_ms
        uint64_t measured_ms
        uint64_t clipped
        int32_t level_cdb

    struct leg_quality:
        quality_rating rx
        quality_rating tx
        quality_sound said
        quality_sound heard
        uint64_t packets
        uint64_t lost
        uint32_t burst_r_cent
        uint32_t burst_density_permille
        uint32_t gap_density_permille
        uint32_t burst_ms
        uint32_t gap_ms
        uint32_t delay_ms
        uint32_t rtt_us
        uint32_t rtt_max_us
        uint32_t intervals
        uint32_t one_way_ms
        uint32_t dead_air_ms
        uint32_t alarms
        uint32_t alarmed
        uint32_t remote_loss_permille
        uint32_t xr_seen
        uint32_t xr_sent
        int32_t xr_signal_cdb
        uint32_t xr_r
        uint32_t xr_mos_lq
        uint32_t xr_mos_cq

    int media_quality_start(media *m, uint64_t leg, const quality_opts *o)
    int media_leg_quality(media *m, uint64_t leg, leg_quality *out)

    struct c_media_stats "media_stats":
        uint32_t workers
        uint32_t legs
        uint32_t recordings
        uint32_t clips
        uint64_t rx_packets
        uint64_t tx_packets
        uint64_t forwarded
        uint64_t tx_errors
        uint64_t late_ticks
        uint64_t max_tick_us
        uint64_t events_dropped
        uint64_t cpu_ns
        uint64_t rec_bytes
        uint64_t rec_dropped_frames
        uint64_t rec_errors

    void c_media_stats_read "media_stats"(media *m, c_media_stats *out)

    enum:
        MEDIA_SLOTS
        MEDIA_DELAYS

    struct c_worker_stats "media_worker_stats":
        uint32_t legs
        uint8_t priority
        uint64_t rx_packets
        uint64_t tx_packets
        uint64_t forwarded
        uint64_t tx_errors
        uint64_t events_dropped
        uint64_t late_ticks
        uint64_t max_tick_us
        uint64_t cpu_ns
        uint32_t slots[20]
        uint64_t delays[16]

    int c_worker_stats_read "media_worker_stats"(media *m, uint32_t worker, c_worker_stats *out)


cdef extern from "base/udp.h" nogil:
    enum:
        UDP_BATCH

    struct udp_in:
        pass

    struct udp_out:
        pass

    int udp_in_init(udp_in **out)
    void udp_in_free(udp_in *u)
    int udp_recv(udp_in *u, int fd)
    c_str udp_in_at(const udp_in *u, unsigned i, net_addr *src)
    int udp_out_init(udp_out **out, unsigned count, size_t bytes)
    void udp_out_free(udp_out *u)
    int udp_push(udp_out *u, const net_addr *dst, const void *data, size_t n)
    int udp_send(udp_out *u, int fd, uint64_t *dropped, int *error)
    unsigned udp_out_waiting(const udp_out *u)
    int udp_open(const net_addr *bind_to, int rcvbuf, int *fd, net_addr *local)


cdef extern from "base/netaddr.h" nogil:
    int net_addr_parse(net_addr *a, c_str host, uint16_t port)
    size_t net_addr_format(const net_addr *a, c_bool with_port, char *out)


cdef extern from "rpc/fork.h" nogil:
    enum:
        FORK_HEADER
        FORK_PAYLOAD_MAX
        FORK_SAMPLES
        FORK_CLOCK
        FORK_RECORD_MAX
        FORK_FRAME_MAX
        FORK_CLEARED

    struct fork_frame:
        uint8_t leg
        uint8_t kind
        uint8_t flags
        uint32_t seq
        uint64_t clock
        uint16_t n

    enum fork_format:
        pass

    struct fork_codec:
        uint8_t format
        uint8_t channels
        uint8_t khz

    void fork_write(uint8_t *out, const fork_frame *f)
    int fork_read(fork_frame *f, const uint8_t *data, size_t n)
    int fork_codec_init(fork_codec *c, fork_format format, unsigned khz, unsigned channels, c_bool outwards)
    size_t fork_encode(fork_codec *c, const int16_t *pcm, uint8_t *out)
    int fork_decode(fork_codec *c, const uint8_t *data, size_t n, int16_t *out)
