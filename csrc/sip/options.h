/** options.h  OPTIONS in and out. Private to sip/. */
#ifndef SIP_OPTIONS_H
#define SIP_OPTIONS_H

#include "sip/transaction.h"

/** Answer the OPTIONS in c->in; inside a dialog with a transaction. */
void options_answer(struct sip_core *c, bool stateful);
/** Ours came to its end. */
void options_ended(struct sip_core *c, const struct sip_txn *t, unsigned status);

#endif
