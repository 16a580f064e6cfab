/* A GPU library without a GPU, for tests: values and failures come from a file.
 *
 * FAKE_NVML names a text file that is read at each call, so that a test can
 * change it while the sampler runs. A line is `name=value`:
 *   nvmlDeviceGetClockInfo=3   that function returns code 3
 *   nvmlDeviceGetClockInfo=hang | segv
 *   util=57, used=..., pid=..., and so on: values, see below
 * With -DOLD the library lacks what old drivers lack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int code;
typedef void *device;
typedef unsigned long long u64;

static int look_up(const char *name, char *out, size_t size) {
  const char *path = getenv("FAKE_NVML");
  char line[256];
  size_t length = strlen(name);
  FILE *file = path ? fopen(path, "r") : NULL;
  int found = 0;
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) == 0 && line[length] == '=') {
      snprintf(out, size, "%s", line + length + 1);
      out[strcspn(out, "\n")] = 0;
      found = 1;
    }
  }
  if (file) fclose(file);
  return found;
}

static u64 value(const char *name, u64 otherwise) {
  char text[128];
  return look_up(name, text, sizeof text) ? strtoull(text, NULL, 0) : otherwise;
}

static code enter(const char *function) {
  char text[128];
  if (!look_up(function, text, sizeof text)) return 0;
  if (!strcmp(text, "hang"))
    for (;;) pause();
  if (!strcmp(text, "segv")) *(volatile int *)0 = 1;
  return atoi(text);
}

#define BEGIN                      \
  code failure = enter(__func__); \
  if (failure) return failure;

const char *nvmlErrorString(code c) { return c ? "fake failure" : "fake success"; }
code nvmlInitWithFlags(unsigned flags) { (void)flags; BEGIN return 0; }
code nvmlShutdown(void) { return 0; }

code nvmlSystemGetDriverVersion(char *text, unsigned size) {
  BEGIN snprintf(text, size, "570.00-simulated");
  return 0;
}
code nvmlDeviceGetCount_v2(unsigned *count) { BEGIN *count = (unsigned)value("count", 1); return 0; }
code nvmlDeviceGetHandleByIndex_v2(unsigned index, device *d) {
  BEGIN *d = (device)(size_t)(index + 1);
  return 0;
}
code nvmlDeviceGetName(device d, char *text, unsigned size) {
  (void)d; BEGIN snprintf(text, size, "Fake GPU");
  return 0;
}
code nvmlDeviceGetUUID(device d, char *text, unsigned size) {
  BEGIN snprintf(text, size, "GPU-fake-%d", (int)(size_t)d);
  return 0;
}
code nvmlDeviceGetEnforcedPowerLimit(device d, unsigned *mw) {
  (void)d; BEGIN *mw = 700000;
  return 0;
}
code nvmlDeviceGetUtilizationRates(device d, unsigned *rates) {
  (void)d; BEGIN rates[0] = (unsigned)value("util", 57); rates[1] = 30;
  return 0;
}
code nvmlDeviceGetMemoryInfo(device d, u64 *m) {
  (void)d; BEGIN m[0] = 80000; m[2] = value("used", 20000) + 500; m[1] = m[0] - m[2];
  return 0;
}
code nvmlDeviceGetTemperature(device d, int sensor, unsigned *t) {
  (void)d; (void)sensor; BEGIN *t = 61;
  return 0;
}
code nvmlDeviceGetClockInfo(device d, int kind, unsigned *mhz) {
  (void)d; BEGIN *mhz = kind == 2 ? 2619 : 1980;
  return 0;
}
code nvmlDeviceGetPowerUsage(device d, unsigned *mw) { (void)d; BEGIN *mw = 111000; return 0; }
code nvmlDeviceGetTotalEnergyConsumption(device d, u64 *mj) { (void)d; BEGIN *mj = 222; return 0; }

#ifndef OLD
typedef struct { unsigned version; u64 total, reserved, free, used; } memory_v2;
code nvmlDeviceGetMemoryInfo_v2(device d, memory_v2 *m) {
  (void)d; BEGIN
  if (m->version != (sizeof *m | (2u << 24))) return 25;
  m->total = 80000; m->reserved = 500; m->used = value("used", 20000);
  m->free = m->total - m->used - m->reserved;
  return 0;
}
code nvmlDeviceGetCurrentClocksEventReasons(device d, u64 *bits) {
  (void)d; BEGIN *bits = value("throttle", 0);
  return 0;
}
typedef union { double d; unsigned ui; unsigned long ul; u64 ull; } any;
typedef struct { unsigned field, scope; long long time, latency; int type; code result; any value; } field;
code nvmlDeviceGetFieldValues(device d, int count, field *f) {
  (void)d; BEGIN
  for (int i = 0; i < count; i++) {
    f[i].result = 0;
    if (f[i].field == 186) { f[i].type = 1; f[i].value.ui = (unsigned)value("power", 345678); }
    else if (f[i].field == 83) { f[i].type = 3; f[i].value.ull = value("energy", 1ull << 40); }
    else f[i].result = 3;
    if (value("fields", 0)) f[i].result = (code)value("fields", 0);
  }
  return 0;
}
typedef struct { unsigned pid; u64 memory; unsigned gi, ci; } process;
code nvmlDeviceGetComputeRunningProcesses_v3(device d, unsigned *count, process *p) {
  (void)d; BEGIN
  u64 pid = value("pid", 0);
  if (!pid) { *count = 0; return 0; }
  if (!p || *count < 1) { *count = 1; return 7; }
  *count = 1;
  p->pid = (unsigned)pid; p->memory = value("pidmem", 4096); p->gi = p->ci = ~0u;
  return 0;
}
code nvmlDeviceGetGraphicsRunningProcesses_v3(device d, unsigned *count, process *p) {
  (void)d; (void)p; BEGIN *count = 0;
  return 0;
}
#endif
