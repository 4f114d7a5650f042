/** net.h  What the programs of the yardstick share. They are started by bench/media.py and speak lines: a program with
 *  sockets prints `ports P P P ...`, is told the other side's on one such line, and ends with its standard input. */
#ifndef YARDSTICK_NET_H
#define YARDSTICK_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEGS_MAX = 10000, FRAME_MS = 20, HEADER = 12, PACKET = 172, NS_PER_MS = 1000000 };

_Noreturn void die(const char *what);
uint64_t now_ns(void); /* CLOCK_MONOTONIC */
void sleep_until(uint64_t ns);
void many_files(void);
int udp_socket(uint16_t *port); /* on loopback, does not block */
void udp_connect(int fd, uint16_t port);
void watch(int epoll, int fd, uint32_t word); /* edge-triggered */
void ports_print(const uint16_t *ports, unsigned n);
void ports_read(uint16_t *ports, unsigned n);
/** The next line of standard input, without waiting. false: none. NULL-terminated; at its end: "end". */
bool command(char *line, size_t n);
unsigned number(const char *text, unsigned least, unsigned most);

#endif
