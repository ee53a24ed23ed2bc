#include "capture/frame_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

#define ALL_FREE   ((1u << PF_FRAME_POOL_BUFFERS) - 1)
#define PAGE_BYTES 4096

struct pf_frame_pool {
	_Atomic unsigned refs;
	_Atomic unsigned free_mask; /* bit i set: buffer i is nobody's. Clearing is the source's alone. */
	_Atomic bool starving;      /* the source found none free */
	struct pf_frame_pool_params params;
	int memory_fd, bell_fd;
	uint8_t *memory;
	size_t size, buffer_size;
	struct pf_frame frame[PF_FRAME_POOL_BUFFERS];
};

static size_t align_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int map_memory(struct pf_frame_pool *p)
{
	p->memory_fd = memfd_create("punktfunk-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (p->memory_fd < 0 || ftruncate(p->memory_fd, (off_t)p->size) < 0)
		return PF_ERR_IO;
	/* A file that cannot shrink spares the compositor its guard against SIGBUS. */
	if (fcntl(p->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return PF_ERR_IO;
	void *m = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, p->memory_fd, 0);
	if (m == MAP_FAILED)
		return PF_ERR_NOMEM;
	p->memory = m;
	madvise(m, p->size,
		MADV_HUGEPAGE); /* a wish: fewer faults and TLB misses where the system allows it */
	p->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return p->bell_fd < 0 ? PF_ERR_IO : PF_OK;
}

int pf_frame_pool_create(struct pf_frame_pool **out, const struct pf_frame_pool_params *params)
{
	size_t picture = (size_t)params->stride_bytes * params->height_px;
	if (params->stride_bytes / 4 < params->width_px || params->height_px == 0)
		return PF_ERR_INVALID;
	size_t buffer = align_up(picture, PAGE_BYTES);
	if (buffer > INT32_MAX / PF_FRAME_POOL_BUFFERS)
		return PF_ERR_INVALID;

	struct pf_frame_pool *p = calloc(1, sizeof(*p));
	if (!p)
		return PF_ERR_NOMEM;
	p->params = *params;
	p->memory_fd = p->bell_fd = -1;
	p->buffer_size = buffer;
	p->size = buffer * PF_FRAME_POOL_BUFFERS;
	atomic_init(&p->refs, 1);
	atomic_init(&p->free_mask, ALL_FREE);
	int rc = map_memory(p);
	if (rc < 0) {
		int saved = errno;
		pf_frame_pool_unref(p);
		errno = saved;
		return rc;
	}
	*out = p;
	return PF_OK;
}

void pf_frame_pool_unref(struct pf_frame_pool *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (p->memory)
		munmap(p->memory, p->size);
	if (p->memory_fd >= 0)
		close(p->memory_fd);
	if (p->bell_fd >= 0)
		close(p->bell_fd);
	free(p);
}

int pf_frame_pool_fd(const struct pf_frame_pool *p)
{
	return p->memory_fd;
}

size_t pf_frame_pool_size(const struct pf_frame_pool *p)
{
	return p->size;
}

size_t pf_frame_pool_offset(const struct pf_frame_pool *p, unsigned index)
{
	return index * p->buffer_size;
}

void *pf_frame_pool_pixels(struct pf_frame_pool *p, unsigned index)
{
	return p->memory + pf_frame_pool_offset(p, index);
}

static int take_lowest(struct pf_frame_pool *p)
{
	/* The lowest free one: as few buffers as possible stay in use, and those in the cache. Acquire pairs
	 * with the release in give_back: the consumer is done reading before the source writes. */
	unsigned mask = atomic_load(&p->free_mask);
	if (!mask)
		return -1;
	int index = __builtin_ctz(mask);
	atomic_fetch_and(&p->free_mask, ~(1u << index));
	return index;
}

int pf_frame_pool_take(struct pf_frame_pool *p)
{
	int index = take_lowest(p);
	if (index >= 0)
		return index;
	/* Sequentially consistent with give_back: either it sees `starving`, or we see its buffer. */
	atomic_store(&p->starving, true);
	return take_lowest(p);
}

static void give_back(struct pf_frame_pool *p, unsigned index)
{
	atomic_fetch_or(&p->free_mask, 1u << index);
	if (atomic_exchange(&p->starving, false))
		pf_frame_pool_ring(p);
}

void pf_frame_pool_untake(struct pf_frame_pool *p, unsigned index)
{
	give_back(p, index);
}

static void on_release(struct pf_frame *frame, void *owner)
{
	struct pf_frame_pool *p = owner;
	give_back(p, (unsigned)(frame - p->frame));
	pf_frame_pool_unref(p);
}

struct pf_frame *pf_frame_pool_publish(struct pf_frame_pool *p, unsigned index)
{
	struct pf_frame *f = &p->frame[index];
	*f = (struct pf_frame){
		.memory = PF_FRAME_MAPPED,
		.fourcc = p->params.fourcc,
		.modifier = PF_MODIFIER_LINEAR,
		.width_px = p->params.width_px,
		.height_px = p->params.height_px,
		.plane_count = 1,
		.plane = {{
			.data = pf_frame_pool_pixels(p, index),
			.fd = -1,
			.stride_bytes = p->params.stride_bytes,
		}},
		.full_damage = true,
		.on_release = on_release,
		.owner = p,
	};
	atomic_init(&f->refs, 1);
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return f;
}

int pf_frame_pool_bell(const struct pf_frame_pool *p)
{
	return p->bell_fd;
}

void pf_frame_pool_clear(struct pf_frame_pool *p)
{
	uint64_t rung;
	if (read(p->bell_fd, &rung, sizeof(rung)) < 0)
		return; /* EAGAIN: it was not rung */
}

void pf_frame_pool_ring(struct pf_frame_pool *p)
{
	const uint64_t one = 1;
	if (write(p->bell_fd, &one, sizeof(one)) < 0)
		return; /* EAGAIN: rung 2^64 times already, which is rung enough */
}
