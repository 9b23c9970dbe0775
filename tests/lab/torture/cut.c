/* Loaded into the program under test (LD_PRELOAD), it interrupts a run at an exact place, or records all places.
 *
 * A place is a record of the journal, by its number, or a moment within an action: a number of
 * microseconds after one of its steps was written to the log.
 *
 *   CUT_RECORD=N              after record N was written
 *   CUT_TEXT=TEXT             after a record with this text was written, or CUT_AFTER microseconds later
 *   CUT_CALL=C CUT_STEP=S CUT_AFTER=US   within call C
 *   CUT_SIGN=FILE             makes this file and stops the process, so that the power can be cut;
 *                             SIGCONT continues it. Without this variable the process is killed.
 *   CUT_TRACE=FILE            records every place with its time
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ssize_t (*real_write)(int, const void *, size_t);
static long want_record, want_call, want_step, want_after, records, call, steps;
static const char *sign, *trace, *want_text;
static int journal = -1;

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : -1;
}

__attribute__((constructor)) static void begin(void)
{
    real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    want_record = number("CUT_RECORD");
    want_call = number("CUT_CALL");
    want_step = number("CUT_STEP");
    want_after = number("CUT_AFTER");
    want_text = getenv("CUT_TEXT");
    sign = getenv("CUT_SIGN");
    trace = getenv("CUT_TRACE");
    /* Not for the programs that it starts. */
    unsetenv("LD_PRELOAD");
}

static void *cut(void *after)
{
    usleep((useconds_t)(long)after);
    if (!sign)
        kill(getpid(), SIGKILL);
    close(open(sign, O_CREAT | O_WRONLY, 0600));
    /* To this thread: one that kill() chooses might stop the process later. */
    raise(SIGSTOP);
    return NULL;
}

static void cut_in(long after)
{
    pthread_t thread;
    if (after <= 0 || pthread_create(&thread, NULL, cut, (void *)after))
        cut(NULL);
}

static void note(const char *what, long value)
{
    char line[100];
    struct timespec now;
    if (!trace)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(line, sizeof line, "%s %ld call %ld at %ld\n", what, value, call,
                          now.tv_sec * 1000000 + now.tv_nsec / 1000);
    int file = open(trace, O_CREAT | O_WRONLY | O_APPEND, 0600);
    real_write(file, line, (size_t)length);
    close(file);
}

static int begins(const char *text, size_t length, const char *with)
{
    return length >= strlen(with) && !memcmp(text, with, strlen(with));
}

ssize_t write(int file, const void *bytes, size_t length)
{
    const char begin[] = "{\"record\":\"begin\",\"call\":", step[] = "   $ ";
    const char *text = bytes;
    ssize_t written = real_write(file, bytes, length);
    if (journal < 0 && begins(text, length, "{\"record\":\"run\""))
        journal = file;
    if (file == journal && begins(text, length, "{\"record\":")) {
        if (begins(text, length, begin)) {
            call = atol(text + sizeof begin - 1);
            steps = 0;
        }
        note("record", ++records);
        if (records == want_record)
            cut_in(0);
        if (want_text && memmem(text, length, want_text, strlen(want_text))) {
            want_text = NULL;
            cut_in(want_after);
        }
        return written;
    }
    /* A write to the log may have several lines. */
    for (const char *end, *last = text + length; text < last; text = end + 1) {
        end = memchr(text, '\n', (size_t)(last - text));
        if (!end)
            end = last;
        if (end - text > 12 && begins(text + 12, (size_t)(end - text) - 12, step)) {
            note("step", steps);
            if (call == want_call && steps == want_step)
                cut_in(want_after);
            steps++;
        }
    }
    return written;
}
