/* Is the disk full? It is, for whoever has this preloaded, while the file that $SOAK_FULL_DISK names is there: files take nothing
   more then, as write(2) says it with ENOSPC. Sockets, pipes and standard error go on, as they would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int file) {
    static const char *flag;
    struct stat status;
    if (!flag && !(flag = getenv("SOAK_FULL_DISK"))) return 0;
    return file > 2 && access(flag, F_OK) == 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

/* Each under its own name and under that of 64 bits, whichever a program was linked with. */
#define FULL(result, name, parameters, arguments)                                     \
    result name parameters {                                                          \
        static result (*next) parameters;                                             \
        if (is_full(file)) { errno = ENOSPC; return -1; }                             \
        if (!next) next = (result (*) parameters)dlsym(RTLD_NEXT, #name);             \
        return next arguments;                                                        \
    }

FULL(ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count))
FULL(ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at))
FULL(ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at))
FULL(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
FULL(ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))

/* These answer the error instead of setting it. */
#define FULL_ALLOCATION(name, offset)                                                 \
    int name(int file, offset at, offset length) {                                    \
        static int (*next)(int, offset, offset);                                      \
        if (is_full(file)) return ENOSPC;                                             \
        if (!next) next = (int (*)(int, offset, offset))dlsym(RTLD_NEXT, #name);      \
        return next(file, at, length);                                                \
    }

FULL_ALLOCATION(posix_fallocate, off_t)
FULL_ALLOCATION(posix_fallocate64, off64_t)
