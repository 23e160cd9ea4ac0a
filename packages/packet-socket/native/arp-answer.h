// The answer to an ARP request, out of a table that JavaScript owns. It decides nothing by itself: what the table does not grant, and
// all that is not plainly a request that `respond` of @picluster/arp-responder answers, is JavaScript's.
#ifndef PICLUSTER_ARP_ANSWER_H
#define PICLUSTER_ARP_ANSWER_H
#include <stddef.h>
#include <stdint.h>

enum { ARP_FRAME_BYTES = 42, MAC_BYTES = 6 };

// For n addresses: n doubles, the moments of nowMs() at which the rights end, then n IPv4 addresses in the same order.
typedef struct {
  const double *ends_ms;
  const uint8_t *addresses;
  size_t count;
} answer_table;

// How memory of JavaScript is read as a table. Zero bytes are an empty one. False: it is none.
int read_answer_table(const uint8_t *memory, size_t length, answer_table *table);

// Writes the reply to `frame` as a machine with the hardware address `mac`. Returns the moment from which it must not leave, or 0 if
// there is nothing to answer.
double answer_arp(const answer_table *table, const uint8_t *mac, const uint8_t *frame, size_t length, uint8_t *reply);

#endif
