#!/bin/sh
# Makes garden.mpegts anew, in this folder. Needs ffmpeg with libx264 and drawtext.
cd "$(dirname "$0")" || exit 1
exec ffmpeg -hide_banner -loglevel error -nostdin -y \
  -f lavfi -i "gradients=size=640x360:rate=25:duration=8:speed=0.02:seed=7:nb_colors=4:c0=0x081c15:c1=0x1b4332:c2=0x2d6a4f:c3=0x52b788,drawtext=text=Espalier:fontsize=72:fontcolor=white:shadowx=2:shadowy=2:x=(w-tw)/2:y=(h-th)/2,drawtext=text='%{pts\\:hms}   frame %{n}':fontsize=24:fontcolor=white:x=(w-tw)/2:y=h-80,drawtext=text=●:fontsize=32:fontcolor=0xffd166:x=mod(n\,200)/200*(w-tw):y=h-40" \
  -f lavfi -i "sine=frequency=330:beep_factor=4:sample_rate=48000:duration=8" \
  -map 0:v -map 1:a -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -c:v libx264 -preset veryslow -profile:v main -pix_fmt yuv420p -threads 1 \
  -g 25 -keyint_min 25 -sc_threshold 0 -bf 0 -b:v 600k -maxrate 600k -bufsize 60k \
  -c:a aac -b:a 96k -ac 2 -ar 48000 -frames:a 375 \
  -f mpegts -muxrate 1100k -pes_payload_size 0 -pcr_period 20 -pat_period 0.5 \
  -muxdelay 0.5 -muxpreload 0.5 \
  -metadata service_name=garden -metadata service_provider=Espalier \
  garden.mpegts
