# wirecensus in a container: one static file, no shell, no root.
#
#   docker build -t wirecensus .                        the program
#   docker build -t wirecensus-sensor --target sensor . the same with CAP_NET_RAW on the file, for live capture
#   docker build -t wirecensus-demo --target demo .     makes the demo capture in /demo and ends

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=container
ENV CGO_ENABLED=0
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/wirecensus ./cmd/wirecensus \
 && go build -trimpath -buildvcs=false -ldflags "-s -w" -o /out/wiregen ./cmd/wiregen \
 && install -d -o 65532 -g 65532 -m 0750 /out/data /out/demo

FROM build AS capable
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin && setcap cap_net_raw+ep /out/wirecensus

FROM scratch AS demo
COPY --from=build /out/wiregen /wiregen
COPY --from=build --chown=65532:65532 /out/demo /demo
USER 65532:65532
ENTRYPOINT ["/wiregen", "-o", "/demo"]

FROM scratch AS sensor
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=capable /out/wirecensus /wirecensus
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/wirecensus"]
CMD ["sensor", "--help"]

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/wirecensus /wirecensus
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/wirecensus"]
CMD ["--help"]
