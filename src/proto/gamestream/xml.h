/*
 * The XML of GameStream's HTTP replies (gamestream 1.3): compact, escaped, no control characters. Pure.
 */
#pragma once

#include <stdint.h>

#include "base/writer.h"

/* <root status_code="..."> and, unless NULL, status_message="...". */
void pf_xml_begin(struct pf_wr *w, unsigned status, const char *message);
/* </root> and a terminating zero, which is not counted in len. */
void pf_xml_end(struct pf_wr *w);
void pf_xml_open(struct pf_wr *w, const char *element);
void pf_xml_close(struct pf_wr *w, const char *element);
void pf_xml_text(struct pf_wr *w, const char *element, const char *text);
void pf_xml_number(struct pf_wr *w, const char *element, uint64_t value);
/* Bytes as lower-case hexadecimal digits. */
void pf_xml_hex(struct pf_wr *w, const char *element, const uint8_t *data, size_t len);
