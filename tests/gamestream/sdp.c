#include "sdp.h"

#include "bytes.h"
#include "violations.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned number_after(const char *body, const char *name)
{
	const char *at = strstr(body, name);
	return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : 0;
}

/* The first string of this many channels is the normal layout, the second that of high quality. */
static const char *find_layout(const char *body, int channels, bool second)
{
	char name[24];
	snprintf(name, sizeof(name), "surround-params=%d", channels);
	const char *at = strstr(body, name);
	if (at && second)
		at = strstr(at + 1, name);
	return at ? at + strlen("surround-params=") : NULL;
}

static bool read_layout(struct gsc_session *s, const char *body)
{
	int n = s->options->channels;
	bool high = s->options->high_quality;
	const char *digits = n == 2 ? "21101" : find_layout(body, n, high);
	if (!digits || strspn(digits, "0123456789") != (size_t)(3 + n)) {
		gsc_violation("7.2: no proper surround-params for %d channels", n);
		return false;
	}
	s->layout =
		(struct gsc_layout){.channels = n, .streams = digits[1] - '0', .coupled = digits[2] - '0'};
	for (int i = 0; i < n; i++)
		s->layout.mapping[i] = (uint8_t)(digits[3 + i] - '0');
	if (n > 2 && !high) {
		uint8_t last = s->layout.mapping[n - 1];
		memmove(s->layout.mapping + 4, s->layout.mapping + 3, (size_t)(n - 4));
		s->layout.mapping[3] = last;
	}
	return true;
}

bool gsc_sdp_read(struct gsc_session *s, const char *body)
{
	static const char *const marks[] = {"", "sprop-parameter-sets=AAAAAU", "AV1/90000"};
	s->features = number_after(body, "x-ss-general.featureFlags:");
	s->encryption_supported = number_after(body, "x-ss-general.encryptionSupported:");
	s->encryption_requested = number_after(body, "x-ss-general.encryptionRequested:");
	s->rfi = strstr(body, "x-nv-video[0].refPicInvalidation") != NULL;
	if (s->options->encrypt & ~s->encryption_supported)
		gsc_violation("3.4: encryption %u wanted, the host supports %u", s->options->encrypt,
			s->encryption_supported);
	if (!strstr(body, marks[s->options->codec]))
		return false;
	return read_layout(s, body);
}

static void video_lines(FILE *f, struct gsc_session *s)
{
	const struct gsc_options *o = s->options;
	fprintf(f, "a=x-nv-video[0].clientViewportWd:%d \r\n", o->width);
	fprintf(f, "a=x-nv-video[0].clientViewportHt:%d \r\n", o->height);
	fprintf(f, "a=x-nv-video[0].maxFPS:%d \r\n", o->fps);
	fprintf(f, "a=x-nv-video[0].clientRefreshRateX100:%d \r\n", o->fps * 100);
	fprintf(f, "a=x-nv-video[0].packetSize:%d \r\n", s->packet_size);
	fprintf(f, "a=x-nv-video[0].rateControlMode:4 \r\n");
	fprintf(f, "a=x-nv-video[0].timeoutLengthMs:7000 \r\n");
	fprintf(f, "a=x-nv-video[0].framesWithInvalidRefThreshold:0 \r\n");
	fprintf(f, "a=x-nv-video[0].videoEncoderSlicesPerFrame:%d \r\n", o->slices);
	fprintf(f, "a=x-nv-clientSupportHevc:%d \r\n", o->codec == GSC_HEVC);
	fprintf(f, "a=x-nv-vqos[0].bitStreamFormat:%d \r\n", o->codec);
	fprintf(f, "a=x-nv-video[0].dynamicRangeMode:0 \r\n");
	fprintf(f, "a=x-nv-video[0].maxNumReferenceFrames:%d \r\n", o->rfi ? 0 : 1);
	fprintf(f, "a=x-nv-video[0].encoderCscMode:%d \r\n", o->csc);
	fprintf(f, "a=x-ss-video[0].chromaSamplingType:0 \r\n");
	fprintf(f, "a=x-ss-video[0].intraRefresh:0 \r\n");
}

static void quality_lines(FILE *f, const struct gsc_options *o)
{
	int kbps = o->bitrate * 4 / 5 > 100000 ? 100000 : o->bitrate * 4 / 5;
	fprintf(f, "a=x-nv-video[0].initialBitrateKbps:%d \r\n", kbps);
	fprintf(f, "a=x-nv-video[0].initialPeakBitrateKbps:%d \r\n", kbps);
	fprintf(f, "a=x-nv-vqos[0].bw.minimumBitrateKbps:%d \r\n", kbps);
	fprintf(f, "a=x-nv-vqos[0].bw.maximumBitrateKbps:%d \r\n", kbps);
	fprintf(f, "a=x-ml-video.configuredBitrateKbps:%d \r\n", o->bitrate);
	fprintf(f, "a=x-nv-vqos[0].fec.enable:1 \r\n");
	fprintf(f, "a=x-nv-vqos[0].fec.minRequiredFecPackets:%d \r\n", o->min_fec);
	fprintf(f, "a=x-nv-vqos[0].videoQualityScoreUpdateTime:5000 \r\n");
	fprintf(f, "a=x-nv-vqos[0].qosTrafficType:5 \r\n");
	fprintf(f, "a=x-nv-aqos.qosTrafficType:4 \r\n");
	fprintf(f, "a=x-nv-vqos[0].bllFec.enable:0 \r\n");
	fprintf(f, "a=x-nv-vqos[0].drc.enable:0 \r\n");
	fprintf(f, "a=x-nv-general.enableRecoveryMode:0 \r\n");
}

static void audio_lines(FILE *f, const struct gsc_options *o)
{
	static const int masks[9] = {[2] = 3, [6] = 63, [8] = 1599};
	fprintf(f, "a=x-nv-audio.surround.numChannels:%d \r\n", o->channels);
	fprintf(f, "a=x-nv-audio.surround.channelMask:%d \r\n", masks[o->channels]);
	fprintf(f, "a=x-nv-audio.surround.enable:%d \r\n", o->channels > 2);
	fprintf(f, "a=x-nv-audio.surround.AudioQuality:%d \r\n", o->channels > 2 && o->high_quality);
	fprintf(f, "a=x-nv-aqos.packetDuration:%d \r\n", o->packet_duration);
}

char *gsc_sdp_write(struct gsc_session *s)
{
	const struct gsc_options *o = s->options;
	char *text = NULL, addr[INET_ADDRSTRLEN];
	size_t len;
	FILE *f = open_memstream(&text, &len);
	inet_ntop(AF_INET, &s->host, addr, sizeof(addr));
	fprintf(f, "v=0\r\no=android 0 14 IN IPv4 %s\r\ns=NVIDIA Streaming Client\r\n", addr);
	fprintf(f, "a=x-ml-general.featureFlags:3 \r\n");
	fprintf(f, "a=x-ss-general.encryptionEnabled:%u \r\n", o->encrypt);
	fprintf(f, "a=x-nv-general.featureFlags:%d \r\n", o->encrypt & GSC_ENCRYPT_AUDIO ? 167 : 135);
	fprintf(f, "a=x-nv-general.useReliableUdp:13 \r\n");
	video_lines(f, s);
	quality_lines(f, o);
	audio_lines(f, o);
	fprintf(f, "t=0 0\r\nm=video %u\r\n", s->video_port);
	fclose(f);
	return text;
}
