/* Stands before the C library: calls about files whose path has a word in it fail, or move half of what they could. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long seen;

/* FAULT_CALL, FAULT_PATH (a part of it), FAULT_AT (the n-th and all after it; 0: none), FAULT_ERRNO (0: half). */
static int is_meant(const char *call, const char *path) {
  const char *wanted = getenv("FAULT_CALL"), *part = getenv("FAULT_PATH"), *at = getenv("FAULT_AT");
  if (!wanted || !part || !at || !path || strcmp(wanted, call) != 0 || !strstr(path, part)) return 0;
  return atomic_fetch_add(&seen, 1) + 1 >= atol(at);
}

static int is_meant_at(const char *call, int fd) {
  char link[64], path[4096];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length < 0) return 0;
  path[length] = 0;
  return is_meant(call, path);
}

static int failure(void) { return getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : EIO; }
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL do { errno = failure(); return -1; } while (0)

#define MOVES(name, call, type, args, pass)                 \
  ssize_t name args {                                       \
    if (is_meant_at(call, fd)) {                            \
      if (failure() != 0) FAIL;                             \
      if (count > 1) count = (count + 1) / 2;               \
    }                                                       \
    return REAL(name) pass;                                 \
  }
MOVES(read, "read", void, (int fd, void *buffer, size_t count), (fd, buffer, count))
MOVES(write, "write", void, (int fd, const void *buffer, size_t count), (fd, buffer, count))
#define AT(name) MOVES(name, "read", void, (int fd, void *buffer, size_t count, off64_t at), (fd, buffer, count, at))
#define WRITE_AT(name) \
  MOVES(name, "write", void, (int fd, const void *buffer, size_t count, off64_t at), (fd, buffer, count, at))
AT(pread)
AT(pread64)
WRITE_AT(pwrite)
WRITE_AT(pwrite64)

int fsync(int fd) {
  if (is_meant_at("fsync", fd)) FAIL;
  return REAL(fsync)(fd);
}
int syncfs(int fd) {
  if (is_meant_at("syncfs", fd)) FAIL;
  return REAL(syncfs)(fd);
}
int rename(const char *from, const char *to) {
  if (is_meant("rename", to)) FAIL;
  return REAL(rename)(from, to);
}
int link(const char *from, const char *to) {
  if (is_meant("link", to)) FAIL;
  return REAL(link)(from, to);
}
