/** emodel.h  ITU-T G.107: from loss and delay to the rating R (0-100) and from R to a mean opinion score (1.0-4.5),
 *  with the recommendation's default values for everything that is not an argument (table 3: loudness 8 and 2 dB,
 *  sidetone 15 dB, echo loss TELR 65 dB and WEPL 110 dB, room noise 35 dB(A), A = 0).
 *  Narrowband scale for every codec, so that calls compare. No state, no allocation. */
#ifndef RTP_EMODEL_H
#define RTP_EMODEL_H

/** How a codec takes loss: `ie` impairment without loss, `bpl` robustness (percent) (G.113 appendix I). */
struct emodel_codec {
	float ie, bpl;
};

/** With concealment at the listener, as all current telephones have (packet of 10 to 20 ms):
 *   G.711  0, 25.1 with G.711 appendix I concealment; 0, 4.3 without (G.113 appendix I, tables I.1 and I.4).
 *   G.722 and Opus have no values on this scale. Assumed: no impairment of their own (both are better than G.711
 *   without loss), concealment as good as G.711's for G.722; Opus somewhat better (its own concealment and in-band
 *   FEC: Bpl 30). Wideband's gain itself (G.107.1, R up to 129) is left out. */
extern const struct emodel_codec emodel_g711, emodel_g711_no_plc, emodel_g722, emodel_opus;

/** `ppl`: loss in percent, 0-100. `burst_r`: mean length of runs of loss over what random loss of the same rate would
 *  give, 1 for random. G.107 equation 7-29. */
double emodel_loss_impairment(const struct emodel_codec *c, double ppl, double burst_r);
/** Mouth to ear, one way. Echo (Idte), sidetone-like echo of the listener (Idle), delay itself (Idd): 7-19 to 7-28. */
double emodel_delay_impairment(double one_way_ms);
/** 0-100. */
double emodel_r(double delay_impairment, double loss_impairment);
/** Annex B, equation B-4; never below 1. */
double emodel_mos(double r);

#endif
