/* Peers at either end of a virtual span that do not play by the rules. */
#include "dahdi/virtual_protocol.h"
#include "tests/fake_virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t get(_Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

static int raw_connect(struct fixture *f)
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(virtual_address(&addr, f->path), 0);
	assert_int_equal(connect(fd, (void *)&addr, sizeof addr), 0);
	return fd;
}

/* One notice and its descriptors (-1 where none came). */
static ssize_t raw_receive(struct fixture *f, int fd,
			   struct virtual_notice *notice, int fds[2])
{
	char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = { notice, sizeof *notice };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof control };
	struct cmsghdr *c;
	ssize_t len = -1;

	for (int i = 0; i < 300 && len < 0; i++) {
		loop_step(f->loop, 5);
		msg.msg_controllen = sizeof control;
		len = recvmsg(fd, &msg, MSG_DONTWAIT);
	}
	fds[0] = fds[1] = -1;
	c = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c)
		memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
	return len;
}

static void assert_refused(struct fixture *f, const void *hello, size_t len,
			   const char *text)
{
	struct virtual_notice notice;
	int fd = raw_connect(f), fds[2];

	assert_int_equal(send(fd, hello, len, 0), (ssize_t)len);
	assert_int_equal(raw_receive(f, fd, &notice, fds), sizeof notice);
	assert_int_equal(notice.type, VIRTUAL_REFUSED);
	assert_string_equal(notice.text, text);
	assert_int_equal(fds[0], -1);
	assert_int_equal(raw_receive(f, fd, &notice, fds), 0);
	close(fd);
}

static void test_bad_hellos(void **state)
{
	static const char no_hello[] = "that is no hello of a Tollgate gateway";
	struct fixture *f = *state;
	struct virtual_hello hello = { VIRTUAL_MAGIC, VIRTUAL_VERSION + 1, 1 };
	uint8_t garbage[5000];

	exchange_start(f, LINE_TYPE_E1);
	assert_refused(f, &hello, sizeof hello,
		       "version differs: the exchange speaks version 2, the "
		       "gateway 3; install both from one release");
	hello.version = VIRTUAL_VERSION;
	hello.span = 0;
	assert_refused(f, &hello, sizeof hello,
		       "span 0 does not exist: this exchange has 1..4");
	hello.magic ^= 1;
	assert_refused(f, &hello, sizeof hello, no_hello);
	assert_refused(f, &hello, 1, no_hello);
	memset(garbage, 0xa5, sizeof garbage);
	assert_refused(f, garbage, sizeof garbage, no_hello);
	assert_int_equal(f->exchange.ups, 0);
	gateway_start(f, 1);
	await(f, &f->gateway.ups, 1);
}

static void test_silent_peer_is_sent_away(void **state)
{
	struct fixture *f = *state;
	struct virtual_notice notice;
	int fd, fds[2];

	exchange_start(f, LINE_TYPE_E1);
	fd = raw_connect(f);
	settle(f);
	advance_ms(VIRTUAL_HELLO_MS);
	assert_int_equal(raw_receive(f, fd, &notice, fds), sizeof notice);
	assert_string_equal(notice.text, "no hello came");
	close(fd);
}

static void test_connections_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct virtual_notice notice;
	int fd[256], last, fds[2];

	exchange_start(f, LINE_TYPE_E1);
	for (int i = 0; i < 256; i++) {
		fd[i] = raw_connect(f);
		loop_step(f->loop, 0);
	}
	settle(f);
	last = raw_connect(f);
	assert_int_equal(raw_receive(f, last, &notice, fds), sizeof notice);
	assert_string_equal(notice.text,
			    "too many connections at this exchange");
	close(last);
	assert_int_equal(recv(fd[255], &notice, sizeof notice, MSG_DONTWAIT),
			 -1);
	for (int i = 0; i < 256; i++)
		close(fd[i]);
	settle(f);
	gateway_start(f, 1);
	await(f, &f->gateway.ups, 1);
}

static void test_hostile_gateway(void **state)
{
	struct fixture *f = *state;
	struct virtual_hello hello = { VIRTUAL_MAGIC, VIRTUAL_VERSION, 1 };
	struct virtual_notice notice;
	struct virtual_tdm msg = { .sequence = 5 };
	uint8_t junk[4096] = { 0 };
	struct tdm_block block;
	int fd, fds[2];

	exchange_start(f, LINE_TYPE_E1);
	fd = raw_connect(f);
	assert_int_equal(send(fd, &hello, sizeof hello, 0), sizeof hello);
	assert_int_equal(raw_receive(f, fd, &notice, fds), sizeof notice);
	assert_int_equal(notice.type, VIRTUAL_GRANTED);
	assert_true(fds[0] >= 0 && fds[1] >= 0);

	assert_int_equal(send(fds[0], junk, 1, 0), 1);
	assert_int_equal(send(fds[0], junk, sizeof msg - 1, 0), sizeof msg - 1);
	assert_int_equal(send(fds[0], junk, sizeof msg + 1, 0), sizeof msg + 1);
	assert_int_equal(send(fds[0], &msg, sizeof msg, 0), sizeof msg);
	msg.sequence = 9;
	assert_int_equal(send(fds[0], &msg, sizeof msg, 0), sizeof msg);
	msg.sequence = 3; /* back: one fault, not four thousand million */
	assert_int_equal(send(fds[0], &msg, sizeof msg, 0), sizeof msg);
	tick(f, &block);
	assert_int_equal(get(&f->exchange.tdm->counters.malformed), 3);
	assert_int_equal(get(&f->exchange.tdm->counters.slips_in), 3 + 1);

	assert_int_equal(send(fds[1], junk, DCHANNEL_FRAME_MAX + 1, 0),
			 DCHANNEL_FRAME_MAX + 1);
	assert_int_equal(send(fds[1], junk, 4, 0), 4);
	await(f, &f->exchange.frames, 1);
	assert_int_equal(f->exchange.frame_len, 4);

	assert_int_equal(send(fd, junk, 100, 0), 100);
	await(f, &f->exchange.downs, 1);
	assert_string_equal(f->exchange.why,
			    "the gateway breaks the protocol: it spoke after "
			    "its hello");
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

/* An exchange that is none: a bare listener in its place. */
static int hostile_listen(struct fixture *f)
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	assert_int_equal(virtual_address(&addr, f->path), 0);
	assert_int_equal(bind(fd, (void *)&addr, sizeof addr), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void send_with_fds(int fd, const void *data, size_t len, unsigned count)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control = { .buf = "" };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen =
				      CMSG_SPACE(count * sizeof(int)) };
	int *fds = (int *)(void *)CMSG_DATA(&control.align);

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++)
		fds[i] = open("/dev/null", O_RDWR);
	assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)len);
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_hostile_exchange(void **state)
{
	struct fixture *f = *state;
	struct virtual_notice notice = { .magic = VIRTUAL_MAGIC,
					 .version = VIRTUAL_VERSION };
	uint8_t junk[1000] = { 1 };
	int listener = hostile_listen(f), fd;
	unsigned before;

	gateway_start(f, 1);
	settle(f);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	before = open_descriptors();
	send(fd, junk, sizeof junk, 0);
	send(fd, junk, 1, 0);
	notice.type = VIRTUAL_ALARM; /* before it granted anything */
	send(fd, &notice, sizeof notice, 0);
	notice.type = VIRTUAL_GRANTED;
	send(fd, &notice, sizeof notice, 0);	      /* no descriptor */
	send_with_fds(fd, &notice, sizeof notice, 1); /* one */
	send_with_fds(fd, junk, sizeof junk, 2);      /* for nothing */
	settle(f);
	assert_int_equal(f->gateway.ups + f->gateway.alarm_calls, 0);
	assert_int_equal(open_descriptors(), before);

	/* The full number of the wrong kind: epoll cannot watch /dev/null. */
	send_with_fds(fd, &notice, sizeof notice, 2);
	await(f, &f->gateway.downs, 1);
	assert_int_equal(f->gateway.ups, 0);
	close(fd);

	advance_ms(1000);
	settle(f);
	fd = accept(listener, NULL, NULL);
	notice.type = VIRTUAL_REFUSED;
	memset(notice.text, 'x', sizeof notice.text);
	send(fd, &notice, sizeof notice, 0);
	await(f, &f->gateway.downs, 2);
	assert_int_equal(strlen(f->gateway.why), 22 + VIRTUAL_TEXT_MAX - 1);
	close(fd);
	close(listener);
}

static void test_exchange_that_says_nothing(void **state)
{
	struct fixture *f = *state;
	int listener = hostile_listen(f);

	gateway_start(f, 1);
	settle(f);
	advance_ms(VIRTUAL_HELLO_MS);
	await(f, &f->gateway.downs, 1);
	assert_string_equal(f->gateway.why,
			    "the exchange does not answer: it accepts "
			    "connections but says nothing");
	close(listener);
}

static void test_socket_files(void **state)
{
	struct fixture *f = *state;
	struct virtual_exchange *second = NULL;
	char long_path[200];
	int fd = hostile_listen(f);

	assert_int_equal(virtual_exchange_new(&second, f->loop, f->path, 1),
			 -EADDRINUSE);
	assert_int_equal(access(f->path, F_OK), 0);
	close(fd); /* dead now */
	exchange_start(f, LINE_TYPE_E1);
	assert_int_equal(virtual_exchange_new(&second, f->loop, f->path, 1),
			 -EADDRINUSE);
	gateway_start(f, 1);
	await(f, &f->gateway.ups, 1);
	gateway_stop(f);
	exchange_stop(f);

	fd = open(f->path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(virtual_exchange_new(&second, f->loop, f->path, 1),
			 -ENOTSOCK);
	assert_int_equal(access(f->path, F_OK), 0);
	memset(long_path, 'a', sizeof long_path);
	long_path[sizeof long_path - 1] = 0;
	assert_int_equal(virtual_exchange_new(&second, f->loop, long_path, 1),
			 -ENAMETOOLONG);
	assert_int_equal(virtual_exchange_new(&second, f->loop, f->path, 0),
			 -EINVAL);
	assert_int_equal(virtual_exchange_new(&second, f->loop, f->path, 129),
			 -EINVAL);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, virtual_setup, virtual_teardown)
	const struct CMUnitTest tests[] = {
		T(test_bad_hellos),
		T(test_silent_peer_is_sent_away),
		T(test_connections_are_bounded),
		T(test_hostile_gateway),
		T(test_hostile_exchange),
		T(test_exchange_that_says_nothing),
		T(test_socket_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
