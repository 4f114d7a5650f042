/** test_rtp_emodel.c  The E-model against G.107's own numbers, losses against hand-counted ones. */
#include <math.h>
#include <string.h>

#include "rtp/emodel.h"
#include "rtp/loss.h"
#include "test/test.h"

static bool near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static double db_sum(double a, double b, double c, double d)
{
	return 10 * log10(pow(10, a / 10) + pow(10, b / 10) + pow(10, c / 10) + pow(10, d / 10));
}

/* G.107 7-2 to 7-18 with table 3: SLR 8, RLR 2, STMR 15, LSTR 18, Ds 3, Ps = Pr = 35, Nc -70, Nfor -64, qdu 1. */
static double r_of_the_defaults_without_delay(void)
{
	double olr = 8 + 2, pre = 35 + 10 * log10(1 + pow(10, (10 - 18.0) / 10));
	double nos = 35 - 8 - 3 - 100 + 0.004 * pow(35 - olr - 3 - 14, 2);
	double nor = 2 - 121 + pre + 0.008 * pow(pre - 35, 2);
	double no = db_sum(-70, nos, nor, -64 + 2);
	double ro = 15 - 1.5 * (8 + no);
	double xolr = olr + 0.2 * (64 + no - 2);
	double iolr = 20 * (pow(1 + pow(xolr / 8, 8), 1 / 8.0) - xolr / 8);
	double stmro = -10 * log10(pow(10, -1.5) + pow(10, -6.5));
	double ist = 12 * pow(1 + pow((stmro - 13) / 6, 8), 1 / 8.0) -
		     28 * pow(1 + pow((stmro + 1) / 19.4, 35), 1 / 35.0) -
		     13 * pow(1 + pow((stmro - 3) / 33, 13), 1 / 13.0) + 29;
	double q = 37, g = 1.07 + 0.258 * q + 0.0602 * q * q;
	double iq = 15 * log10(1 + pow(10, (ro - 100) / 15 + 46 / 8.4 - g / 9) + pow(10, 46 / 30.0 - g / 40));
	return ro - (iolr + ist + iq);
}

TEST(emodel_constants_follow_from_the_recommendations_defaults)
{
	REQUIRE(near(emodel_r(0, 0), r_of_the_defaults_without_delay(), 0.01));
}

TEST(emodel_rates_a_connection_of_all_defaults_93_2)
{
	REQUIRE(near(emodel_r(emodel_delay_impairment(0), 0), 93.2, 0.05)); /* G.107 7.7 */
}

TEST(emodel_turns_r_into_the_scores_of_annex_b)
{
	static const double table[][2] = {{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}}; /* table B.1 */
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		REQUIRE(near(emodel_mos(table[i][0]), table[i][1], 0.0065));
	REQUIRE(emodel_mos(-5) == 1 && emodel_mos(3) == 1 && emodel_mos(100) == 4.5 && emodel_mos(130) == 4.5);
	REQUIRE(near(emodel_mos(93.2), 4.41, 0.005));
}

TEST(emodel_delay_follows_the_curve_of_g114)
{
	/* G.114 figure 1, read off to two units of R. */
	static const double curve[][2] = {{100, 91.5}, {150, 90}, {200, 87}, {250, 80}, {300, 73.5}, {400, 62}};
	for (unsigned i = 0; i < sizeof(curve) / sizeof(curve[0]); i++)
		REQUIRE(near(emodel_r(emodel_delay_impairment(curve[i][0]), 0), curve[i][1], 2));
	for (double t = 2; t < 1000; t++)
		REQUIRE(emodel_delay_impairment(t) >= emodel_delay_impairment(t - 1));
	REQUIRE(emodel_delay_impairment(-1) == emodel_delay_impairment(0));
}

TEST(emodel_loss_hurts_as_g113_says)
{
	/* 7-29 with G.113 appendix I's values: 95 * 1 / (1 + 25.1) and 95 * 1 / (1 + 4.3). */
	REQUIRE(near(emodel_loss_impairment(&emodel_g711, 1, 1), 3.64, 0.01));
	REQUIRE(near(emodel_loss_impairment(&emodel_g711_no_plc, 1, 1), 17.92, 0.01));
	static const struct emodel_codec g729a = {11, 19};
	REQUIRE(near(emodel_loss_impairment(&g729a, 0, 1), 11, 0));
	REQUIRE(near(emodel_loss_impairment(&g729a, 2, 1), 11 + 84 * 2 / 21.0, 0.001));
	/* In bursts the same loss hurts more; half of everything lost leaves nothing. */
	REQUIRE(near(emodel_loss_impairment(&emodel_g711, 4, 2), 95 * 4 / 27.1, 0.001));
	REQUIRE(emodel_r(0, emodel_loss_impairment(&emodel_g711, 100, 1000)) < 20);
	REQUIRE(emodel_loss_impairment(&emodel_g711, 1, 0.2) == emodel_loss_impairment(&emodel_g711, 1, 1));
}

/* '.': received, 'x': lost. */
static void feed(struct loss_model *m, const char *text)
{
	for (; *text; text++)
		if (*text == '.')
			loss_received(m);
		else
			loss_lost(m, 1);
}

TEST(loss_a_single_one_belongs_to_the_gap)
{
	struct loss_model m = {0};
	struct loss_figures f;
	feed(&m, "....................x....................");
	loss_read(&m, &f);
	REQUIRE(m.bursts == 0 && f.burst_density == 0 && f.gap_packets == 41 && near(f.gap_density, 1 / 41.0, 1e-9));
	REQUIRE(near(f.rate, 1 / 41.0, 1e-9) && f.burst_r == 1);
}

TEST(loss_less_than_gmin_apart_makes_one_burst)
{
	struct loss_model m = {0};
	struct loss_figures f;
	feed(&m, "................x...............xx.x................................x................");
	loss_read(&m, &f);
	/* From the first x to the one before the long pause: 1 + 15 + 2 + 1 + 1 packets, 4 of them lost. */
	REQUIRE(m.bursts == 1 && f.burst_packets == 20 && near(f.burst_density, 4 / 20.0, 1e-9));
	REQUIRE(m.runs == 4 && m.lost == 5 && m.packets == 85 && near(f.gap_density, 1 / 65.0, 1e-9));
	REQUIRE(near(f.gap_packets, 65 / 2.0, 1e-9));
}

TEST(loss_gmin_received_in_a_row_part_two_losses)
{
	struct loss_model m = {0};
	feed(&m, "x................x................");
	REQUIRE(m.bursts == 0 && m.gap_lost == 2);
}

TEST(loss_runs_of_four_have_the_burst_ratio_of_four)
{
	struct loss_model one = {0}, by_one = {0};
	struct loss_figures f, g;
	for (int i = 0; i < 100; i++) {
		feed(&one, "............................................................");
		loss_lost(&one, 4);
		feed(&by_one, "............................................................xxxx");
	}
	loss_read(&one, &f);
	loss_read(&by_one, &g);
	REQUIRE(memcmp(&one, &by_one, sizeof(one)) == 0 && memcmp(&f, &g, sizeof(f)) == 0);
	REQUIRE(near(f.rate, 0.0625, 1e-9) && near(f.burst_r, 4 * 0.9375, 1e-9)); /* mean run 4, random: 1 / (1 - p) */
	REQUIRE(one.bursts == 99 && near(f.burst_density, 1, 1e-9));
}

TEST(loss_that_is_random_has_a_burst_ratio_near_one)
{
	struct loss_model m = {0};
	struct loss_figures f;
	uint32_t x = 12345;
	for (int i = 0; i < 200000; i++) {
		x = x * 1664525u + 1013904223u;
		if (x >> 16 < 65536 / 20)
			loss_lost(&m, 1);
		else
			loss_received(&m);
	}
	loss_read(&m, &f);
	REQUIRE(near(f.rate, 0.05, 0.003) && near(f.burst_r, 1, 0.03));
	REQUIRE(m.burst_packets + m.gap_packets <= m.packets && m.burst_lost + m.gap_lost <= m.lost);
}

TEST(loss_of_nothing_and_of_everything_is_defined)
{
	struct loss_model m = {0};
	struct loss_figures f;
	loss_read(&m, &f);
	REQUIRE(f.rate == 0 && f.burst_r == 1 && f.gap_packets == 0);
	loss_lost(&m, 0);
	REQUIRE(m.packets == 0);
	loss_lost(&m, 3000);
	loss_read(&m, &f);
	REQUIRE(f.rate == 1 && f.burst_density == 1 && f.burst_packets == 3000 && f.burst_r == 1);
}
