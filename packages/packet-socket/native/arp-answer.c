#include "arp-answer.h"

#include <string.h>

enum { SLOT_BYTES = sizeof(double) + 4, SOURCE_AT = 6, ETHERTYPE_AT = 12, SENDER_AT = 22, TARGET_AT = 38 };

static const uint8_t BROADCAST[MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
// From the EtherType to the operation: ARP, Ethernet and IPv4, their lengths, request.
static const uint8_t REQUEST[] = {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01};
static const uint8_t REPLY[] = {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x02};

int read_answer_table(const uint8_t *memory, size_t length, answer_table *table) {
  if (length % SLOT_BYTES != 0 || (uintptr_t)memory % sizeof(double) != 0) return 0;
  table->count = length / SLOT_BYTES;
  table->ends_ms = (const double *)memory;
  table->addresses = memory + table->count * sizeof(double);
  return 1;
}

static double end_of(const answer_table *table, const uint8_t *address) {
  for (size_t slot = 0; slot < table->count; slot++)
    if (memcmp(table->addresses + slot * 4, address, 4) == 0) return table->ends_ms[slot];
  return 0;
}

double answer_arp(const answer_table *table, const uint8_t *mac, const uint8_t *frame, size_t length, uint8_t *reply) {
  if (length < ARP_FRAME_BYTES || memcmp(frame + ETHERTYPE_AT, REQUEST, sizeof REQUEST) != 0) return 0;
  if ((frame[SOURCE_AT] & 1) != 0 || memcmp(frame + SOURCE_AT, mac, MAC_BYTES) == 0) return 0;
  if (memcmp(frame, BROADCAST, MAC_BYTES) != 0 && memcmp(frame, mac, MAC_BYTES) != 0) return 0;
  memcpy(reply, frame + SOURCE_AT, MAC_BYTES);
  memcpy(reply + SOURCE_AT, mac, MAC_BYTES);
  memcpy(reply + ETHERTYPE_AT, REPLY, sizeof REPLY);
  memcpy(reply + SENDER_AT, mac, MAC_BYTES);
  memcpy(reply + SENDER_AT + MAC_BYTES, frame + TARGET_AT, 4);       // sender: what was asked for
  memcpy(reply + SENDER_AT + MAC_BYTES + 4, frame + SENDER_AT, 10);  // target: the sender of the request
  return end_of(table, frame + TARGET_AT);
}
