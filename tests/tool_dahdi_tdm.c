/* How few buffers the gateway's own way with DAHDI's voice can do with: two
 * spans that are joined back to back, each opened, read and written as a media
 * worker does it, every octet compared at the other end.
 *
 *   tool_dahdi_tdm SPAN PEER SECONDS BUFFERS AHEAD
 *
 * BUFFERS blocks of 10 ms are asked of DAHDI for each channel and way, in place
 * of the gateway's number. AHEAD idle blocks go before the first answer: so
 * many ticks may be late. Prints one object of JSON: exit status 0 when every
 * octet came in order and no buffer ran empty or over, 1 when not.
 */
#include "dahdi/dahdi_open.h"
#include "dahdi/dahdi_tdm.h"
#include "dahdi/driver_dahdi.h"
#include "gateway/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <dahdi/user.h>

#define D_CHANNEL 16
#define CHANNELS 30
#define STAMPS 64 /* more blocks than are on their way */
/* Ticks until both ends are in step: what is lost before is no loss. */
#define SETTLE_NS (200 * NS_PER_MS)

/* The octets of a channel: a start that nothing else sends and that names it,
 * then a sequence that goes on from there. */
struct sequence {
	uint32_t start, state;
	uint64_t octets;
};

struct side {
	unsigned span;
	struct tdm *tdm;
	bool primed;
	struct sequence out[TDM_TIMESLOTS], in[TDM_TIMESLOTS];
	uint32_t last_octets[TDM_TIMESLOTS];
	bool found[TDM_TIMESLOTS];
	uint64_t wrong, octets, late, blocks;
	uint64_t written_ns[STAMPS];
	uint64_t delay_ns, delay_max_ns, delays;
};

static int buffers;
static struct side sides[2];

static int ioctl_with_buffers(int fd, unsigned long request, void *arg)
{
	struct dahdi_bufferinfo *info = arg;

	if (request == DAHDI_SET_BUFINFO && info->bufsize == TDM_BLOCK_BYTES)
		info->numbufs = buffers;
	return dahdi_kernel.ioctl(fd, request, arg);
}

static uint8_t sequence_next(struct sequence *seq)
{
	if (seq->octets++ < 4)
		return (uint8_t)(seq->start >> (32 - 8 * seq->octets));
	seq->state = seq->state * 1664525 + 1013904223;
	return (uint8_t)(seq->state >> 24);
}

static void side_open(struct side *side, struct dahdi_kernel *kernel)
{
	struct driver_dahdi_config cfg = { .span = side->span,
					   .channels = 0xfffeu | 0xfffe0000u,
					   .dchannel = D_CHANNEL,
					   .line = LINE_TYPE_E1,
					   .object = "bench",
					   .kernel = kernel };
	struct dahdi_opened opened;
	char why[DAHDI_WHY_MAX];

	if (dahdi_open(&opened, &cfg, kernel, why) < 0) {
		fprintf(stderr, "tool_dahdi_tdm: %s\n", why);
		exit(2);
	}
	side->tdm = dahdi_tdm_new(kernel, &opened, G711_ALAW, 0);
	if (!side->tdm)
		exit(2);
}

static void sequences_begin(void)
{
	for (int s = 0; s < 2; s++)
		for (uint32_t t = 0; t < TDM_TIMESLOTS; t++) {
			uint32_t name = sides[s].span << 8 | t;
			struct sequence from = { .start = 0xa55a0000u | name,
						 .state = name };

			sides[s].out[t] = from;
			sides[1 - s].in[t] = from;
		}
}

static void check(struct side *side, unsigned t, uint8_t octet)
{
	const struct side *peer = &sides[side == sides];
	struct sequence *in = &side->in[t];
	uint64_t delay_ns;

	if (!side->found[t]) {
		side->last_octets[t] = side->last_octets[t] << 8 | octet;
		side->found[t] = side->last_octets[t] == in->start;
		in->octets = 4;
		return;
	}
	side->wrong += octet != sequence_next(in);
	side->octets++;
	if (t || in->octets % TDM_BLOCK_BYTES)
		return;
	delay_ns =
		clock_now_ns() -
		peer->written_ns[(in->octets / TDM_BLOCK_BYTES - 1) % STAMPS];
	side->delay_ns += delay_ns;
	side->delays++;
	if (delay_ns > side->delay_max_ns)
		side->delay_max_ns = delay_ns;
}

/* As worker.c does it: the answer to a block is written when it is read. */
static void answer(struct side *side, int ahead, bool talk)
{
	struct tdm_block out, idle;

	memset(&idle, g711_idle(G711_ALAW), sizeof idle);
	out = idle;
	for (int i = 0; !side->primed && i < ahead; i++)
		side->tdm->ops->write(side->tdm, &idle);
	side->primed = true;
	if (talk) {
		for (int t = 0; t < TDM_TIMESLOTS; t++)
			for (int i = 0; i < TDM_BLOCK_BYTES; i++)
				out.timeslot[t][i] =
					sequence_next(&side->out[t]);
		side->written_ns[(side->out[0].octets / TDM_BLOCK_BYTES - 1) %
				 STAMPS] = clock_now_ns();
	}
	side->tdm->ops->write(side->tdm, &out);
}

static void tick(struct side *side, int ahead, bool talk)
{
	struct tdm_block in;
	unsigned blocks = 0;

	while (side->tdm->ops->read(side->tdm, &in) == 1) {
		for (unsigned t = 0; talk && t < TDM_TIMESLOTS; t++)
			if (t + 1 != D_CHANNEL)
				for (int i = 0; i < TDM_BLOCK_BYTES; i++)
					check(side, t, in.timeslot[t][i]);
		answer(side, ahead, talk);
		blocks++;
	}
	side->blocks += blocks;
	side->late += blocks > 1;
}

static void run(uint64_t ns, int ahead, bool talk)
{
	uint64_t end_ns = clock_now_ns() + ns;

	while (clock_now_ns() < end_ns) {
		struct pollfd fds[2] = {
			{ .fd = sides[0].tdm->fd, .events = POLLIN },
			{ .fd = sides[1].tdm->fd, .events = POLLIN },
		};

		poll(fds, 2, 100);
		for (int s = 0; s < 2; s++)
			if (fds[s].revents)
				tick(&sides[s], ahead, talk);
	}
}

static int report(const struct tdm_counters before[2])
{
	uint64_t lost = 0, wrong = 0, octets = 0, late = 0, delay_ns = 0;
	uint64_t delay_max_ns = 0, delays = 0;
	unsigned found = 0;
	bool clean;

	for (int s = 0; s < 2; s++) {
		const struct side *side = &sides[s];
		const struct tdm_counters *now = &side->tdm->counters;

		for (int t = 0; t < TDM_TIMESLOTS; t++)
			found += side->found[t];
		lost += now->slips_in + now->slips_out + now->overruns +
			now->underruns;
		lost -= before[s].slips_in + before[s].slips_out +
			before[s].overruns + before[s].underruns;
		wrong += side->wrong;
		octets += side->octets;
		late += side->late;
		delay_ns += side->delay_ns;
		delays += side->delays;
		if (side->delay_max_ns > delay_max_ns)
			delay_max_ns = side->delay_max_ns;
	}
	clean = found == 2 * CHANNELS && !wrong && !lost;
	printf("{\"channels\":%u,\"octets\":%ju,\"wrong\":%ju,\"lost\":%ju,"
	       "\"late_ticks\":%ju,\"delay_ms\":%.2f,\"delay_max_ms\":%.2f,"
	       "\"clean\":%s}\n",
	       found, octets, wrong, lost, late,
	       delays ? (double)delay_ns / (double)delays / 1e6 : 0,
	       (double)delay_max_ns / 1e6, clean ? "true" : "false");
	return clean ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct dahdi_kernel kernel = dahdi_kernel;
	struct tdm_counters before[2];
	int ahead, status;

	if (argc != 6) {
		fprintf(stderr, "usage: %s SPAN PEER SECONDS BUFFERS AHEAD\n",
			argv[0]);
		return 2;
	}
	buffers = atoi(argv[4]);
	ahead = atoi(argv[5]);
	kernel.ioctl = ioctl_with_buffers;
	for (int s = 0; s < 2; s++) {
		sides[s].span = (unsigned)atoi(argv[1 + s]);
		side_open(&sides[s], &kernel);
	}
	sequences_begin();
	run(SETTLE_NS, ahead, false);
	for (int s = 0; s < 2; s++) {
		memcpy(&before[s], &sides[s].tdm->counters, sizeof before[s]);
		sides[s].late = 0;
	}
	run((uint64_t)(atof(argv[3]) * (double)NS_PER_S), ahead, true);
	status = report(before);
	for (int s = 0; s < 2; s++)
		sides[s].tdm->ops->close(sides[s].tdm);
	return status;
}
