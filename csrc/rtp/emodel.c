/** emodel.c  G.107 (06/2015). */
#include "rtp/emodel.h"

#include <math.h>

/* Ro (7-2), Is (7-8) and No (7-3) of table 3's defaults: test_rtp_emodel.c computes them from it. */
static const double ro = 94.7688, is = 1.4136, no = -61.1788;
static const double rlr = 2, telr = 65, wepl = 110;

const struct emodel_codec emodel_g711 = {0, 25.1F};
const struct emodel_codec emodel_g711_no_plc = {0, 4.3F};
const struct emodel_codec emodel_g722 = {0, 25.1F};
const struct emodel_codec emodel_opus = {0, 30};

double emodel_loss_impairment(const struct emodel_codec *c, double ppl, double burst_r)
{
	double ie = (double)c->ie;
	if (ppl <= 0)
		return ie;
	return ie + (95 - ie) * ppl / (ppl / fmax(burst_r, 1) + (double)c->bpl);
}

static double talker_echo(double t)
{
	double terv = telr - 40 * log10((1 + t / 10) / (1 + t / 150)) + 6 * exp(-0.3 * t * t);
	double roe = -1.5 * (no - rlr), re = 80 + 2.5 * (terv - 14);
	return ((roe - re) / 2 + sqrt((roe - re) * (roe - re) / 4 + 100) - 1) * (1 - exp(-t));
}

static double listener_echo(double t)
{
	double rle = 10.5 * (wepl + 7) * pow(2 * t + 1, -0.25);
	return (ro - rle) / 2 + sqrt((ro - rle) * (ro - rle) / 4 + 169);
}

static double long_delay(double t)
{
	if (t <= 100)
		return 0;
	double x = log2(t / 100);
	return 25 * (pow(1 + pow(x, 6), 1 / 6.0) - 3 * pow(1 + pow(x / 3, 6), 1 / 6.0) + 2);
}

double emodel_delay_impairment(double one_way_ms)
{
	double t = fmax(one_way_ms, 0);
	return talker_echo(t) + listener_echo(t) + long_delay(t);
}

double emodel_r(double delay_impairment, double loss_impairment)
{
	return fmin(fmax(ro - is - delay_impairment - loss_impairment, 0), 100);
}

double emodel_mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	return fmax(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1);
}
