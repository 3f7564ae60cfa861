/* Feeds the files named in a list, one path per line, to a fuzz target: each whole,
 * and cut off at a number of places. Plain C, so that the corpus also runs where
 * libFuzzer does not exist. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS = 64, PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly |size| bytes, so that a sanitizer sees the first byte read
 * beyond the end. */
static int feed(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  if (copy == NULL)
    return -1;
  if (size > 0)
    memcpy(copy, data, size);
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
  return 0;
}

static int feed_with_cuts(const uint8_t *data, size_t size) {
  size_t step = size / CUTS + 1;
  for (size_t cut = 0; cut < size; cut += step)
    if (feed(data, cut) != 0)
      return -1;
  return feed(data, size);
}

static uint8_t *read_all(FILE *file, size_t *size) {
  if (fseek(file, 0, SEEK_END) != 0)
    return NULL;
  long length = ftell(file);
  if (length < 0 || fseek(file, 0, SEEK_SET) != 0)
    return NULL;
  uint8_t *data = malloc(length > 0 ? (size_t)length : 1);
  if (data == NULL)
    return NULL;
  *size = fread(data, 1, (size_t)length, file);
  if (*size != (size_t)length) {
    free(data);
    return NULL;
  }
  return data;
}

static int run_file(const char *path) {
  size_t size = 0;
  FILE *file = fopen(path, "rb");
  uint8_t *data = file != NULL ? read_all(file, &size) : NULL;
  int result = data != NULL ? feed_with_cuts(data, size) : -1;
  if (file != NULL)
    fclose(file);
  free(data);
  if (result != 0)
    fprintf(stderr, "%s: could not be read\n", path);
  return result;
}

int main(int argc, char **argv) {
  FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (list == NULL) {
    fprintf(stderr, "expected one argument: a file that lists the inputs\n");
    return 64;
  }
  char path[PATH_SIZE];
  int count = 0;
  int failed = 0;
  while (fgets(path, sizeof path, list) != NULL) {
    path[strcspn(path, "\r\n")] = '\0';
    if (path[0] == '\0')
      continue;
    count++;
    failed += run_file(path) != 0;
  }
  fclose(list);
  printf("%d inputs, %d of them unreadable\n", count, failed);
  /* An empty corpus would prove nothing and look like success. */
  return count > 0 && failed == 0 ? 0 : 1;
}
