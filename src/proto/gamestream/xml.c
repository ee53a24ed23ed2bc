#include "proto/gamestream/xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct pf_wr *w, const char *text)
{
	pf_wr_bytes(w, text, strlen(text));
}

static void put_escaped(struct pf_wr *w, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '&')
			put(w, "&amp;");
		else if (c == '<')
			put(w, "&lt;");
		else if (c == '>')
			put(w, "&gt;");
		else if (c == '"')
			put(w, "&quot;");
		else if (c == '\'')
			put(w, "&apos;");
		else if (c >= 0x20)
			pf_wr_u8(w, c);
	}
}

void pf_xml_begin(struct pf_wr *w, unsigned status, const char *message)
{
	char number[16];
	snprintf(number, sizeof(number), "%u", status);
	put(w, "<?xml version=\"1.0\" encoding=\"utf-8\"?><root status_code=\"");
	put(w, number);
	if (message) {
		put(w, "\" status_message=\"");
		put_escaped(w, message);
	}
	put(w, "\">");
}

void pf_xml_end(struct pf_wr *w)
{
	put(w, "</root>");
	pf_wr_u8(w, 0);
	if (!w->failed)
		w->len--;
}

void pf_xml_open(struct pf_wr *w, const char *element)
{
	put(w, "<");
	put(w, element);
	put(w, ">");
}

void pf_xml_close(struct pf_wr *w, const char *element)
{
	put(w, "</");
	put(w, element);
	put(w, ">");
}

void pf_xml_text(struct pf_wr *w, const char *element, const char *text)
{
	pf_xml_open(w, element);
	put_escaped(w, text);
	pf_xml_close(w, element);
}

void pf_xml_number(struct pf_wr *w, const char *element, uint64_t value)
{
	char number[24];
	snprintf(number, sizeof(number), "%" PRIu64, value);
	pf_xml_text(w, element, number);
}

void pf_xml_hex(struct pf_wr *w, const char *element, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	pf_xml_open(w, element);
	for (size_t i = 0; i < len; i++) {
		pf_wr_u8(w, (uint8_t)digits[data[i] >> 4]);
		pf_wr_u8(w, (uint8_t)digits[data[i] & 15]);
	}
	pf_xml_close(w, element);
}
