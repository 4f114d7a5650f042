/** transaction_machine.h  Between transaction.c, client.c and server.c only. */
#ifndef SIP_TRANSACTION_MACHINE_H
#define SIP_TRANSACTION_MACHINE_H

#include "sip/transaction.h"

struct sip_txn *txn_new(struct sip_core *c, enum sip_txn_kind kind, uint32_t flow);
void txn_free(struct sip_core *c, struct sip_txn *t);
void txn_drop_buffers(struct sip_core *c, struct sip_txn *t);
/** Arm the one timer for the earlier of retransmit_at and deadline. */
void txn_arm(struct sip_core *c, struct sip_txn *t);
/** Keep a copy of `s` for sending again, in place of what was kept. */
void txn_keep(struct sip_core *c, struct sip_txn *t, struct str s);
void txn_send_kept(struct sip_core *c, const struct sip_txn *t);
/** Timers D, I, J, K (none on a reliable flow: frees it at once), L, M. */
void txn_linger(struct sip_core *c, struct sip_txn *t, enum sip_txn_state state, uint64_t ms);
/** Timers A, E, G: once more, and the next time. */
void txn_retransmit(struct sip_core *c, struct sip_txn *t);
/** 200 ms without a response of the user: 100 (17.2.1). */
void txn_server_trying(struct sip_core *c, struct sip_txn *t);

#endif
