/* An LD_PRELOAD library that shows the libusb inside a program a USB bus that is not there.
 *
 * $FAKEUSB_ROOT is a folder that stands for the parts of the machine that libusb looks at:
 *   sys/bus/usb/devices/1-1/{busnum,devnum,speed,bConfigurationValue,descriptors,...}
 *   dev/bus/usb/001/002   a plain file; nobody may open it unless someone may write it. Its content is the name of the
 *                         driver that is bound to interface 0, or nothing
 *   urb.sock              a stream per open device node, described at struct dev
 *   uevent.sock           a seqpacket socket that sends a greeting, then what the kernel would say about hotplug;
 *                         without it, netlink is refused as a systemd sandbox refuses it
 *
 * With $FAKEUSB_NO_ICONV there is no iconv either, as in a static program.
 *
 * libusb waits on a device node with poll(POLLOUT). The fake node is an eventfd, which is not writable while its
 * counter is full: so it can be steered, and an idle device costs no time.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <linux/netlink.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAXFD 4096
#define NODES "/dev/bus/usb/"
#define REAL(ret, name, ...) \
	static ret (*real_##name)(__VA_ARGS__); \
	if (!real_##name) real_##name = (ret (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* A transfer that libusb has submitted. */
struct urb { struct usbdevfs_urb *u; uint32_t seq; struct urb *next; };

/* An open device node. The stream begins with the node ("001/002"). A control transfer goes out as
 * {uint32 seq, uint32 length of data, 8 bytes setup, data if it is OUT}, and is answered, in any order, by
 * {uint32 seq, int32 status, uint32 length, data if it was IN}; numbers are little endian. Interrupt transfers are
 * not carried: a blink(1) has nothing to say on them. With seq 0 it is no transfer but a note, which is not answered:
 * the first byte of setup says that the interface was claimed ('C') or released ('R'), or its driver detached ('D') or
 * attached ('A'). */
struct dev { int fd, sock, node, gone; uint32_t seq; pthread_t reader; struct urb *sent, *done; };

static struct dev *devs[MAXFD];
static char netlink[MAXFD];
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER; /* guards devs and what they point to; never held while waiting */

/* ---- paths ---- */

static const char *map(const char *p, char *buf)
{
	const char *root = getenv("FAKEUSB_ROOT");
	if (!root || !p || (strncmp(p, "/sys/bus/usb/devices", 20) && strncmp(p, "/dev/bus/usb", 12))) return p;
	snprintf(buf, 4096, "%s%s", root, p);
	return buf;
}

static int dial(const char *name, int type)
{
	REAL(int, socket, int, int, int);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = real_socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", getenv("FAKEUSB_ROOT"), name);
	if (s >= 0 && connect(s, (struct sockaddr *)&a, sizeof a) < 0) { close(s); s = -1; }
	return s;
}

DIR *opendir(const char *p)
{
	REAL(DIR *, opendir, const char *);
	char b[4096];
	return real_opendir(map(p, b));
}

/* ---- transfers ---- */

static int all(int s, void *b, size_t n, int out)
{
	for (char *p = b; n;) {
		ssize_t r = out ? send(s, p, n, MSG_NOSIGNAL) : recv(s, p, n, 0);
		if (r < 0 && errno == EINTR) continue;
		if (r <= 0) return -1;
		p += r; n -= r;
	}
	return 0;
}

static void ready(struct dev *d, int yes)
{
	uint64_t v;
	while (read(d->fd, &v, 8) == 8) ;
	if (!yes) { v = UINT64_MAX - 1; if (write(d->fd, &v, 8) != 8) abort(); }
}

static void append(struct urb **l, struct urb *i)
{
	while (*l) l = &(*l)->next;
	i->next = NULL;
	*l = i;
}

/* Moves the sent transfer that u or (u NULL) seq names to the done ones; NULL if there is none. */
static struct usbdevfs_urb *finish(struct dev *d, struct usbdevfs_urb *u, uint32_t seq, int status)
{
	for (struct urb **l = &d->sent; *l; l = &(*l)->next) {
		struct urb *i = *l;
		if (u ? i->u != u : i->seq != seq) continue;
		*l = i->next;
		i->u->status = status;
		i->u->actual_length = 0;
		append(&d->done, i);
		ready(d, 1);
		return i->u;
	}
	return NULL;
}

/* Reads answers until the device is pulled out or its node closed. */
static void *reader(void *arg)
{
	struct dev *d = arg;
	unsigned char data[65536];
	uint32_t h[3];
	while (!all(d->sock, h, sizeof h, 0) && h[2] <= sizeof data && !all(d->sock, data, h[2], 0)) {
		pthread_mutex_lock(&mu);
		struct usbdevfs_urb *u = finish(d, NULL, h[0], (int32_t)h[1]); /* NULL: given up meanwhile */
		if (u && u->status == 0) {
			unsigned char *setup = u->buffer;
			uint32_t room = setup[6] | setup[7] << 8, n = h[2] < room ? h[2] : room;
			if (setup[0] & 0x80) memcpy(setup + 8, data, n); else n = room;
			u->actual_length = n;
		}
		pthread_mutex_unlock(&mu);
	}
	pthread_mutex_lock(&mu);
	d->gone = 1;
	while (d->sent) finish(d, d->sent->u, 0, -ESHUTDOWN);
	ready(d, 1);
	pthread_mutex_unlock(&mu);
	return NULL;
}

static int submit(struct dev *d, struct usbdevfs_urb *u)
{
	if (d->gone) { errno = ENODEV; return -1; }
	struct urb *i = malloc(sizeof *i);
	*i = (struct urb){ .u = u, .seq = ++d->seq };
	append(&d->sent, i);
	if (u->type != USBDEVFS_URB_TYPE_CONTROL) return 0;
	unsigned char *setup = u->buffer;
	uint32_t len = setup[6] | setup[7] << 8, h[2] = { i->seq, len };
	if (all(d->sock, h, sizeof h, 1) || all(d->sock, setup, 8, 1) || (!(setup[0] & 0x80) && len && all(d->sock, setup + 8, len, 1)))
		finish(d, u, 0, -ESHUTDOWN);
	return 0;
}

static void note(struct dev *d, char what)
{
	uint32_t h[2] = { 0, 0 };
	char setup[8] = { what };
	if (!all(d->sock, h, sizeof h, 1)) all(d->sock, setup, 8, 1);
}

/* The name of the driver that is bound to the interface; 0 if none is. */
static int driver(struct dev *d, char *name, size_t size)
{
	ssize_t n = pread(d->node, name, size - 1, 0);
	name[n > 0 ? n : 0] = 0;
	return n > 0;
}

static int node_ioctl(struct dev *d, unsigned long req, void *arg)
{
	switch (req) {
	case USBDEVFS_GET_CAPABILITIES: *(uint32_t *)arg = 0; return 0;
	case USBDEVFS_GETDRIVER: {
		struct usbdevfs_getdriver *g = arg;
		if (driver(d, g->driver, sizeof g->driver)) return 0;
		errno = ENODATA; return -1;
	}
	case USBDEVFS_IOCTL: {
		char name[32];
		switch (((struct usbdevfs_ioctl *)arg)->ioctl_code) {
		case USBDEVFS_DISCONNECT:
			if (!driver(d, name, sizeof name)) { errno = ENODATA; return -1; }
			note(d, 'D');
			return 0;
		case USBDEVFS_CONNECT: note(d, 'A'); return 1;
		}
		return 0;
	}
	case USBDEVFS_CLAIMINTERFACE:
		if (flock(d->node, LOCK_EX | LOCK_NB)) { errno = EBUSY; return -1; }
		note(d, 'C');
		return 0;
	case USBDEVFS_RELEASEINTERFACE: note(d, 'R'); flock(d->node, LOCK_UN); return 0;
	case USBDEVFS_SUBMITURB: return submit(d, arg);
	case USBDEVFS_DISCARDURB:
		if (finish(d, arg, 0, -ENOENT)) return 0;
		errno = EINVAL; return -1;
	case USBDEVFS_REAPURBNDELAY: {
		struct urb *i = d->done;
		if (!i) { errno = d->gone ? ENODEV : EAGAIN; if (!d->gone) ready(d, 0); return -1; }
		d->done = i->next;
		*(void **)arg = i->u;
		free(i);
		if (!d->done && !d->gone) ready(d, 0);
		return 0;
	}
	}
	return 0; /* reset, set configuration, clear halt: granted */
}

int ioctl(int fd, unsigned long req, ...)
{
	REAL(int, ioctl, int, unsigned long, ...);
	va_list a; va_start(a, req); void *arg = va_arg(a, void *); va_end(a);
	pthread_mutex_lock(&mu);
	struct dev *d = fd >= 0 && fd < MAXFD ? devs[fd] : NULL;
	int r = d ? node_ioctl(d, req, arg) : 0, e = errno;
	pthread_mutex_unlock(&mu);
	if (!d) return real_ioctl(fd, req, arg);
	errno = e;
	return r;
}

/* ---- device nodes ---- */

static int open_node(const char *name, int node)
{
	struct stat st;
	if (fstat(node, &st) || !(st.st_mode & 0222)) { close(node); errno = EACCES; return -1; }
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), s = dial("urb.sock", SOCK_STREAM);
	struct dev *d = calloc(1, sizeof *d);
	if (fd < 0 || fd >= MAXFD || s < 0 || all(s, (void *)name, 7, 1)) {
		close(fd); close(s); close(node); free(d); errno = ENODEV; return -1;
	}
	*d = (struct dev){ .fd = fd, .sock = s, .node = node };
	ready(d, 0);
	pthread_mutex_lock(&mu);
	devs[fd] = d;
	pthread_mutex_unlock(&mu);
	if (pthread_create(&d->reader, NULL, reader, d)) abort();
	return fd;
}

static int open_any(const char *p, int flags, mode_t m)
{
	REAL(int, open, const char *, int, ...);
	char b[4096];
	const char *q = map(p, b);
	int fd = real_open(q, flags, m);
	if (fd < 0 || q == p || strncmp(p, NODES, strlen(NODES)) || strlen(p) != strlen(NODES "001/002")) return fd;
	return open_node(p + strlen(NODES), fd);
}
static mode_t mode(int f, va_list a) { return f & (O_CREAT | __O_TMPFILE) ? va_arg(a, mode_t) : 0; }
int open(const char *p, int f, ...) { va_list a; va_start(a, f); mode_t m = mode(f, a); va_end(a); return open_any(p, f, m); }
int open64(const char *p, int f, ...) { va_list a; va_start(a, f); mode_t m = mode(f, a); va_end(a); return open_any(p, f, m); }
int __open_2(const char *p, int f) { return open_any(p, f, 0); }
int __open64_2(const char *p, int f) { return open_any(p, f, 0); }

int close(int fd)
{
	REAL(int, close, int);
	struct dev *d = NULL;
	if (fd >= 0 && fd < MAXFD) {
		pthread_mutex_lock(&mu);
		d = devs[fd];
		devs[fd] = NULL; netlink[fd] = 0;
		pthread_mutex_unlock(&mu);
	}
	if (d) {
		shutdown(d->sock, SHUT_RDWR);
		pthread_join(d->reader, NULL);
		real_close(d->sock); real_close(d->node);
		for (struct urb *i = d->done, *n; i; i = n) { n = i->next; free(i); }
		free(d);
	}
	return real_close(fd);
}

/* ---- hotplug ---- */

int socket(int dom, int type, int proto)
{
	REAL(int, socket, int, int, int);
	if (dom != PF_NETLINK || proto != NETLINK_KOBJECT_UEVENT || !getenv("FAKEUSB_ROOT")) return real_socket(dom, type, proto);
	int s = dial("uevent.sock", SOCK_SEQPACKET);
	char greeting; /* after it the bus knows us, and no event is missed */
	if (s < 0 || s >= MAXFD || recv(s, &greeting, 1, 0) != 1) { if (s >= 0) close(s); errno = EAFNOSUPPORT; return -1; }
	fcntl(s, F_SETFL, O_NONBLOCK);
	pthread_mutex_lock(&mu);
	netlink[s] = 1;
	pthread_mutex_unlock(&mu);
	return s;
}

static int is_netlink(int fd)
{
	if (fd < 0 || fd >= MAXFD) return 0;
	pthread_mutex_lock(&mu);
	int yes = netlink[fd];
	pthread_mutex_unlock(&mu);
	return yes;
}

int bind(int fd, const struct sockaddr *a, socklen_t n)
{
	REAL(int, bind, int, const struct sockaddr *, socklen_t);
	return is_netlink(fd) ? 0 : real_bind(fd, a, n);
}

/* libusb believes an event only if it comes from the kernel: group 1, and root's credentials. */
ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	REAL(ssize_t, recvmsg, int, struct msghdr *, int);
	if (!is_netlink(fd)) return real_recvmsg(fd, m, flags);
	struct msghdr q = { .msg_iov = m->msg_iov, .msg_iovlen = m->msg_iovlen };
	ssize_t r = real_recvmsg(fd, &q, flags);
	if (r == 0) { usleep(100000); errno = EAGAIN; } /* the bus has gone; don't spin until the program ends */
	if (r <= 0) return -1;
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	if (m->msg_name) memcpy(m->msg_name, &from, sizeof from);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	if (c) {
		struct ucred root = { 0, 0, 0 };
		c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_CREDENTIALS; c->cmsg_len = CMSG_LEN(sizeof root);
		memcpy(CMSG_DATA(c), &root, sizeof root);
		m->msg_controllen = CMSG_SPACE(sizeof root);
	}
	m->msg_flags = 0;
	return r;
}

/* ---- iconv ---- */

iconv_t iconv_open(const char *to, const char *from)
{
	REAL(iconv_t, iconv_open, const char *, const char *);
	if (getenv("FAKEUSB_NO_ICONV")) { errno = EINVAL; return (iconv_t)-1; }
	return real_iconv_open(to, from);
}
