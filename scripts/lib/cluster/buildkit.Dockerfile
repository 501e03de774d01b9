# BuildKit without root, laid out as moby/buildkit:*-rootless is, for machines that no image registry answers.
FROM debian:bookworm-slim
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates git libcap2-bin openssh-client pigz rootlesskit runc uidmap xz-utils \
  # Of a program with setuid the kernel would ask for rights that a pod does not have.
  && chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap \
  && setcap cap_setuid=ep /usr/bin/newuidmap \
  && setcap cap_setgid=ep /usr/bin/newgidmap \
  && useradd --uid 1000 --home-dir /home/user --create-home --shell /bin/sh user \
  && echo user:100000:65536 >/etc/subuid \
  && echo user:100000:65536 >/etc/subgid \
  && mkdir -p /run/user/1000 /home/user/.local/tmp /home/user/.local/share/buildkit \
  && chown -R user:user /run/user/1000 /home/user \
  && rm -rf /var/lib/apt/lists/*
COPY buildkitd buildctl /usr/bin/
USER 1000:1000
ENV HOME=/home/user USER=user XDG_RUNTIME_DIR=/run/user/1000 TMPDIR=/home/user/.local/tmp \
  BUILDKIT_HOST=unix:///run/user/1000/buildkit/buildkitd.sock
ENTRYPOINT ["rootlesskit", "buildkitd"]
