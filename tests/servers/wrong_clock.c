/* Loaded before libc: the time of day is so many seconds off as a file of eight bytes says, at every moment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static volatile int64_t *off;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("KB_WRONG_CLOCK");
    int opened = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    void *there = opened < 0 ? MAP_FAILED : mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, opened, 0);
    if (there != MAP_FAILED)
        off = there;
}

int clock_gettime(clockid_t which, struct timespec *when) {
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, when);
    if (!failed && which == CLOCK_REALTIME && off)
        when->tv_sec += *off;
    return failed;
}
