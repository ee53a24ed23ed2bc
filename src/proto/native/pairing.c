#include "proto/native/pairing.h"

#include <string.h>

#include "proto/native/magic.h"
#include "proto/native/name.h"

/* Behind the SPAKE2 message a browser's device key may follow; it is not for us. */
static int read_request(struct pf_pair_message *m, struct pf_rd *r)
{
	struct pf_slice name = pf_rd_slice(r, pf_rd_u8(r));
	m->request.spake = pf_rd_slice(r, pf_rd_u16(r));
	if (r->failed)
		return PF_ERR_TRUNCATED;
	if (name.len > 0 && name.len <= PF_PAIR_NAME_MAX && pf_utf8_valid(name.data, name.len))
		memcpy(m->request.name, name.data, name.len);
	return PF_OK;
}

static int read_challenge(struct pf_pair_message *m, struct pf_rd *r)
{
	size_t len = pf_rd_u16(r);
	pf_rd_copy(r, m->challenge.spake, sizeof(m->challenge.spake));
	pf_rd_copy(r, m->challenge.confirm, sizeof(m->challenge.confirm));
	if (r->failed)
		return PF_ERR_TRUNCATED;
	return len == PF_PAIR_SPAKE_BYTES && r->left == 0 ? PF_OK : PF_ERR_INVALID;
}

static int read_proof(struct pf_pair_message *m, struct pf_rd *r)
{
	pf_rd_copy(r, m->proof.confirm, sizeof(m->proof.confirm));
	if (r->failed)
		return PF_ERR_TRUNCATED;
	return r->left == 0 ? PF_OK : PF_ERR_INVALID;
}

static int read_result(struct pf_pair_message *m, struct pf_rd *r)
{
	m->result.paired = pf_rd_u8(r) == 1;
	if (r->failed)
		return PF_ERR_TRUNCATED;
	return r->left == 0 ? PF_OK : PF_ERR_INVALID;
}

static int read_body(struct pf_pair_message *m, struct pf_rd *r)
{
	switch (m->type) {
	case PF_PAIR_REQUEST:
		return read_request(m, r);
	case PF_PAIR_CHALLENGE:
		return read_challenge(m, r);
	case PF_PAIR_PROOF:
		return read_proof(m, r);
	case PF_PAIR_RESULT:
		return read_result(m, r);
	}
	return PF_ERR_UNSUPPORTED;
}

int pf_pair_read(struct pf_pair_message *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	bool magic = pf_magic_take(&r, PF_MAGIC_TYPED);
	struct pf_pair_message m = {.type = (enum pf_pair_type)pf_rd_u8(&r)};
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (!magic)
		return PF_ERR_INVALID;
	int err = read_body(&m, &r);
	if (err == PF_OK)
		*out = m;
	return err;
}

void pf_pair_write(struct pf_wr *w, const struct pf_pair_message *m)
{
	pf_magic_put(w, PF_MAGIC_TYPED);
	pf_wr_u8(w, (uint8_t)m->type);
	size_t name;
	switch (m->type) {
	case PF_PAIR_REQUEST:
		name = strnlen(m->request.name, PF_PAIR_NAME_MAX);
		pf_wr_u8(w, (uint8_t)name);
		pf_wr_bytes(w, m->request.name, name);
		pf_wr_u16(w, (uint16_t)m->request.spake.len);
		pf_wr_slice(w, m->request.spake);
		break;
	case PF_PAIR_CHALLENGE:
		pf_wr_u16(w, sizeof(m->challenge.spake));
		pf_wr_bytes(w, m->challenge.spake, sizeof(m->challenge.spake));
		pf_wr_bytes(w, m->challenge.confirm, sizeof(m->challenge.confirm));
		break;
	case PF_PAIR_PROOF:
		pf_wr_bytes(w, m->proof.confirm, sizeof(m->proof.confirm));
		break;
	case PF_PAIR_RESULT:
		pf_wr_u8(w, m->result.paired);
		break;
	}
}
