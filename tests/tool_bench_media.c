/* What a bridged channel costs its media worker: G.711, no conversion, 20 ms
 * packets both ways on loopback, blocks both ways on fake spans. With
 * telephone-event the B channels are searched for digits: half of the time they
 * carry noise, which costs what speech does, half of the time silence. Figures
 * only; nothing here passes or fails. */
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "media/media.h"
/* Tools are linked without the fakes of the unit tests. */
#include "tests/fake_tdm.c"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define CHANNELS_PER_SPAN 30
#define SPANS_MAX 32
#define CHANNELS_MAX (CHANNELS_PER_SPAN * SPANS_MAX)
#define TICKS_WARM 100
#define TICKS_MEASURED 1000
#define TICKS_SPURT 100
/* Below those that the kernel gives to the peers. */
#define PORT_FIRST 10000
#define PORT_LAST 12999

struct load {
	unsigned channels, ptime_ms;
	int dtmf; /* payload type of telephone-event, or -1 */
};

struct bench {
	struct media *media;
	unsigned spans, channels, ticks;
	struct fake_tdm *fake[SPANS_MAX];
	struct bridge *bridge[CHANNELS_MAX];
	int peer[CHANNELS_MAX];
	struct sockaddr_storage peer_address[CHANNELS_MAX];
};

static struct sockaddr_storage loopback(void)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&out;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return out;
}

/* CPU time of the worker's thread so far, from the scheduler's own account. */
static uint64_t worker_cpu_ns(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	uint64_t total = 0;

	while (tasks && (entry = readdir(tasks))) {
		unsigned long long ns = 0;
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%s/comm",
			 entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (!fgets(name, sizeof name, file))
			name[0] = '\0';
		fclose(file);
		if (strncmp(name, "media-", 6))
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%s/schedstat",
			 entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%llu", &ns) == 1)
			total += ns;
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return total;
}

static void add_channel(struct bench *bench, unsigned n,
			const struct load *load)
{
	struct bridge_config cfg = {
		.span = 1 + n / CHANNELS_PER_SPAN,
		.timeslot = 1 + n % CHANNELS_PER_SPAN,
		.tdm_law = G711_ALAW,
	};
	struct bridge_side_rtp rtp = { .payload_type = 8,
				       .dtmf_payload_type = load->dtmf,
				       .law = G711_ALAW,
				       .ptime_ms = load->ptime_ms };
	struct sockaddr_storage local, peer = loopback();
	socklen_t size = sizeof peer;

	if (bridge_new(&bench->bridge[n], bench->media, &cfg) < 0) {
		fputs("no bridge: are the ports free?\n", stderr);
		exit(1);
	}
	bridge_local(bench->bridge[n], &local);
	bench->peer[n] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (bind(bench->peer[n], (struct sockaddr *)&peer,
		 sizeof(struct sockaddr_in)) < 0 ||
	    connect(bench->peer[n], (struct sockaddr *)&local,
		    sizeof(struct sockaddr_in)) < 0)
		exit(1);
	getsockname(bench->peer[n], (struct sockaddr *)&peer, &size);
	rtp.remote = rtp.remote_rtcp = peer;
	if (bridge_rtp(bench->bridge[n], &rtp) < 0)
		exit(1);
	bridge_path(bench->bridge[n], BRIDGE_BOTH);
}

static void tick(struct bench *bench)
{
	struct tdm_block block, said;
	uint8_t datagram[1500];
	ssize_t bytes;

	memset(&said, 0xd5, sizeof said);
	if (bench->ticks++ / TICKS_SPURT % 2)
		for (size_t i = 0; i < sizeof said; i++)
			((uint8_t *)&said)[i] ^= (uint8_t)rand() & 0xbf;
	for (unsigned s = 0; s < bench->spans; s++) {
		while (fake_tdm_receive(bench->fake[s], &block, 0))
			;
		fake_tdm_send(bench->fake[s], &said);
	}
	for (unsigned n = 0; n < bench->channels; n++)
		while ((bytes = recv(bench->peer[n], datagram, sizeof datagram,
				     0)) > 0)
			if (send(bench->peer[n], datagram, (size_t)bytes, 0) <
			    0)
				break;
}

static void run_ticks(struct bench *bench, unsigned count)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (count--) {
		next.tv_nsec += TDM_BLOCK_MS * (long)NS_PER_MS;
		if (next.tv_nsec >= (long)NS_PER_S) {
			next.tv_nsec -= (long)NS_PER_S;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		tick(bench);
	}
}

static void report(const struct bench *bench, const struct load *load,
		   uint64_t ns)
{
	struct bridge_stats stats, sum = { 0 };
	struct media_span_stats span;
	uint64_t late = 0;
	double seconds = TICKS_MEASURED * TDM_BLOCK_MS / 1000.0;

	for (unsigned n = 0; n < bench->channels; n++) {
		bridge_stats(bench->bridge[n], &stats);
		sum.concealed_samples += stats.concealed_samples;
		sum.rtp_lost += stats.rtp_lost;
	}
	for (unsigned s = 1; s <= bench->spans; s++) {
		media_span_stats(bench->media, s, &span);
		late += span.late_ticks;
	}
	printf("%8u %6u %6s %26.0f %10llu %6llu %10llu\n", bench->channels,
	       load->ptime_ms, load->dtmf < 0 ? "no" : "yes",
	       (double)ns / 1000 / seconds / bench->channels,
	       (unsigned long long)sum.concealed_samples,
	       (unsigned long long)sum.rtp_lost, (unsigned long long)late);
}

static void measure(struct loop *loop, const struct load *load)
{
	struct media_config cfg = { .workers = 1,
				    .address = loopback(),
				    .port_first = PORT_FIRST,
				    .port_last = PORT_LAST,
				    .jitter_buffer_ms = 60 };
	struct bench bench = { .channels = load->channels,
			       .spans = load->channels / CHANNELS_PER_SPAN };
	struct tdm *tdm;
	uint64_t ns;

	if (media_new(&bench.media, loop, &cfg) < 0)
		exit(1);
	for (unsigned s = 0; s < bench.spans; s++) {
		if (fake_tdm_new(&bench.fake[s], &tdm) < 0)
			exit(1);
		media_span_attach(bench.media, s + 1, tdm, G711_ALAW);
	}
	for (unsigned n = 0; n < load->channels; n++)
		add_channel(&bench, n, load);
	run_ticks(&bench, TICKS_WARM);
	ns = worker_cpu_ns();
	run_ticks(&bench, TICKS_MEASURED);
	report(&bench, load, worker_cpu_ns() - ns);
	media_free(bench.media);
	for (unsigned s = 0; s < bench.spans; s++)
		fake_tdm_free(bench.fake[s]);
	for (unsigned n = 0; n < load->channels; n++)
		close(bench.peer[n]);
}

int main(void)
{
	static const struct load loads[] = {
		{ 30, 20, -1 },	  { 30, 20, 101 },  { 120, 20, -1 },
		{ 120, 20, 101 }, { 480, 20, -1 },  { 480, 20, 101 },
		{ 960, 20, -1 },  { 960, 20, 101 }, { 120, 10, -1 },
		{ 120, 10, 101 },
	};
	struct rlimit files = { 8192, 8192 };
	struct loop *loop;

	setrlimit(RLIMIT_NOFILE, &files);
	log_set_level(LOG_ERR);
	if (loop_new(&loop) < 0)
		return 1;
	puts("channels  ptime events  us CPU per channel-second  concealed   "
	     "lost late ticks");
	for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
		measure(loop, &loads[i]);
	loop_free(loop);
	return 0;
}
