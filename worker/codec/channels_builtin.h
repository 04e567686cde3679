/* schedules/channels.json as it was at build time. */

#ifndef FUP_CODEC_CHANNELS_BUILTIN_H
#define FUP_CODEC_CHANNELS_BUILTIN_H

extern const char fup_channels_builtin[];

#endif
