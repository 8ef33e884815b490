/* SPDX-License-Identifier: MIT */
/*
 * Event channels, grants and the files of /proc/xen for the stock programs.
 *
 * Only the store daemon receives events here; ring.c has the guests' side. So a handle is opened in
 * role "store" only. The ring of domain N is the file ring.N.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define PAGE_BYTES 4096u

static int gnttab_dummy;

/* --- the played host of this process --- */

static struct {
	pthread_mutex_t lock;
	char dir[200];
	struct fakexen_host *host;
	int store_fd;
	int guests_fd;
} here = {.lock = PTHREAD_MUTEX_INITIALIZER, .store_fd = -1, .guests_fd = -1};

static int fifo_open(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void here_close(void)
{
	fakexen_host_close(here.host);
	if (here.store_fd >= 0)
		close(here.store_fd);
	if (here.guests_fd >= 0)
		close(here.guests_fd);
	here.host = NULL;
	here.store_fd = here.guests_fd = -1;
	here.dir[0] = '\0';
}

static void here_open(const char *dir)
{
	here_close();
	if (strlen(dir) >= sizeof here.dir || fakexen_host_open(dir, &here.host))
		return;
	strcpy(here.dir, dir);
	here.store_fd = fifo_open(dir, FAKEXEN_STORE_FIFO);
	here.guests_fd = fifo_open(dir, FAKEXEN_GUESTS_FIFO);
}

struct fakexen_host *preload_host(void)
{
	const char *dir = getenv("FAKEXEN_DIR");
	struct fakexen_host *host;

	if (!dir)
		return NULL;
	pthread_mutex_lock(&here.lock);
	if (strcmp(dir, here.dir) != 0)
		here_open(dir);
	host = here.host;
	pthread_mutex_unlock(&here.lock);
	return host;
}

bool preload_role_is(const char *role)
{
	const char *value = getenv("FAKEXEN_ROLE");

	return value && strcmp(value, role) == 0;
}

void preload_raise_store(uint32_t port)
{
	struct fakexen_host *host = preload_host();

	if (host)
		fakexen_port_raise(host->pending_store, here.store_fd, port);
}

void preload_raise_guest(uint32_t port)
{
	struct fakexen_host *host = preload_host();

	if (host)
		fakexen_port_raise(host->pending_guest, here.guests_fd, port);
}

/* --- files --- */

/* `path`, or the path of the file that is played in its place, in `buf`. NULL with errno if it must
 * not be opened with these flags. */
static const char *path_played(const char *path, int flags, char *buf, size_t size)
{
	static const char pressure[] = "proc/pressure/memory";
	const char *dir = getenv("FAKEXEN_DIR"), *name = NULL;
	size_t len = strlen(path);

	if (!dir)
		return path;
	if (strcmp(path, "/proc/xen/xsd_port") == 0)
		name = "xsd_port";
	else if (strcmp(path, "/proc/xen/xsd_kva") == 0)
		name = "xsd_kva";
	else if (strcmp(path, "/proc/xen/capabilities") == 0)
		name = preload_role_is("guest") ? "capabilities.guest" : "capabilities.dom0";
	else if (strcmp(path, "/proc/meminfo") == 0 && preload_role_is("dom0"))
		name = "meminfo.dom0"; /* a test writes it if it matters */
	/* a plain file cannot play a pressure trigger, so the kernel seems to have none */
	if (preload_role_is("guest") && (flags & O_ACCMODE) != O_RDONLY &&
	    len >= sizeof pressure - 1 && !strcmp(path + len - (sizeof pressure - 1), pressure)) {
		errno = EPERM;
		return NULL;
	}
	if (!name)
		return path;
	snprintf(buf, size, "%s/%s", dir, name);
	return buf;
}

typedef int open_fn(const char *path, int flags, ...);

static int open_played(const char *symbol, const char *path, int flags, mode_t mode)
{
	open_fn *real = (open_fn *)dlsym(RTLD_NEXT, symbol);
	char buf[256];

	path = path_played(path, flags, buf, sizeof buf);
	return path ? real(path, flags, mode) : -1;
}

/* glibc's fortified headers declare open as an inline function, so this one has another name in C
 * and is exported as open. */
int preload_open(const char *path, int flags, ...) __asm__("open") PRELOAD_API;
int preload_open64(const char *path, int flags, ...) __asm__("open64") PRELOAD_API;
int preload_openat(int dir_fd, const char *path, int flags, ...) __asm__("openat") PRELOAD_API;
FILE *preload_fopen(const char *path, const char *mode) __asm__("fopen") PRELOAD_API;
FILE *preload_fopen64(const char *path, const char *mode) __asm__("fopen64") PRELOAD_API;
int preload_access(const char *path, int mode) __asm__("access") PRELOAD_API;

static mode_t mode_arg(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int preload_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_arg(flags, args);
	va_end(args);
	return open_played("open", path, flags, mode);
}

int preload_open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_arg(flags, args);
	va_end(args);
	return open_played("open64", path, flags, mode);
}

typedef int openat_fn(int dir_fd, const char *path, int flags, ...);

int preload_openat(int dir_fd, const char *path, int flags, ...)
{
	openat_fn *real = (openat_fn *)dlsym(RTLD_NEXT, "openat");
	char buf[256];
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_arg(flags, args);
	va_end(args);
	path = path_played(path, flags, buf, sizeof buf);
	return path ? real(dir_fd, path, flags, mode) : -1;
}

typedef FILE *fopen_fn(const char *path, const char *mode);

static FILE *fopen_played(const char *symbol, const char *path, const char *mode)
{
	fopen_fn *real = (fopen_fn *)dlsym(RTLD_NEXT, symbol);
	int flags = mode[0] == 'r' && !strchr(mode, '+') ? O_RDONLY : O_RDWR;
	char buf[256];

	path = path_played(path, flags, buf, sizeof buf);
	return path ? real(path, mode) : NULL;
}

FILE *preload_fopen(const char *path, const char *mode)
{
	return fopen_played("fopen", path, mode);
}

FILE *preload_fopen64(const char *path, const char *mode)
{
	return fopen_played("fopen64", path, mode);
}

typedef int access_fn(const char *path, int mode);

int preload_access(const char *path, int mode)
{
	access_fn *real = (access_fn *)dlsym(RTLD_NEXT, "access");
	char buf[256];

	path = path_played(path, O_RDONLY, buf, sizeof buf);
	return path ? real(path, mode) : -1;
}

/* --- limits --- */

typedef int setrlimit_fn(__rlimit_resource_t resource, const struct rlimit *limit);

/* oxenstored ends if it may not have a million descriptors, as in a container. */
PRELOAD_API int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	setrlimit_fn *real = (setrlimit_fn *)dlsym(RTLD_NEXT, "setrlimit");
	int rc = real(resource, limit);

	return rc && preload_role_is("store") ? 0 : rc;
}

/* --- grants and rings --- */

PRELOAD_API xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)&gnttab_dummy;
}

PRELOAD_API int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

PRELOAD_API int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t count)
{
	(void)xgt;
	(void)count;
	return 0;
}

static void *ring_map(uint32_t domid, int prot)
{
	const char *dir = getenv("FAKEXEN_DIR");
	char path[256];
	void *map;
	int fd;

	snprintf(path, sizeof path, "%s/ring.%u", dir ? dir : ".", domid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	map = mmap(NULL, PAGE_BYTES, prot, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

PRELOAD_API void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref,
					  int prot)
{
	(void)xgt;
	(void)ref;
	return ring_map(domid, prot);
}

/* oxenstored maps a guest's ring by its frame. */
PRELOAD_API void *xc_map_foreign_range(xc_interface *xch, uint32_t domid, int size, int prot,
				       unsigned long frame)
{
	(void)xch;
	(void)size;
	(void)frame;
	return ring_map(domid, prot);
}

PRELOAD_API int xengnttab_unmap(xengnttab_handle *xgt, void *start, uint32_t count)
{
	(void)xgt;
	return munmap(start, (size_t)count * PAGE_BYTES);
}

/* --- event channels --- */

static xenevtchn_handle *evtchn_handle(void)
{
	if (preload_role_is("store") && preload_host())
		return (xenevtchn_handle *)&here.store_fd;
	errno = ENOENT;
	return NULL;
}

PRELOAD_API xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return evtchn_handle();
}

PRELOAD_API xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd,
					       unsigned flags)
{
	(void)logger;
	(void)fd;
	(void)flags;
	return evtchn_handle();
}

PRELOAD_API int xenevtchn_close(xenevtchn_handle *xce)
{
	(void)xce;
	return 0;
}

PRELOAD_API int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return here.store_fd;
}

PRELOAD_API xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned virq)
{
	(void)xce;
	(void)virq;
	return (xenevtchn_port_or_error_t)FAKEXEN_PORT_VIRQ;
}

PRELOAD_API xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
								 uint32_t domid, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return (xenevtchn_port_or_error_t)(FAKEXEN_PORT_BASE + domid);
}

PRELOAD_API int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

PRELOAD_API int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

/* The daemon ends if this fails, so an event that is gone is reported as one of no domain. */
PRELOAD_API xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	struct fakexen_host *host = preload_host();
	int64_t port = host ? fakexen_port_take(host->pending_store, here.store_fd) : -1;

	(void)xce;
	return port < 0 ? 0 : (xenevtchn_port_or_error_t)port;
}

PRELOAD_API int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	preload_raise_guest(port);
	return 0;
}
