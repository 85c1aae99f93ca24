#!/usr/bin/env bash
# How the project's weights are made: from photographs to a model file and its errors.
#
#   examples/train_preset.sh NAME PHOTOS [ALPHAMATTING]
#
# NAME is a configuration in configs/, such as atnet-vgg16; PHOTOS a folder of photographs;
# ALPHAMATTING a folder with alphamatting.com's training scenes, which are only tested on.
# Stopped at any moment, the same command goes on from there. FOREGROUNDS sets how many are drawn,
# WORKERS how many processes draw, compose and evaluate. Needs `pip install -e '.[train,export]'`.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: examples/train_preset.sh NAME PHOTOS [ALPHAMATTING]" >&2
  exit 2
fi
name=$1
photos=$(realpath "$2")
alphamatting=${3:+$(realpath "$3")}
foregrounds=${FOREGROUNDS:-20000}
workers=${WORKERS:-$(nproc)}
cd "$(dirname "$0")/.."

run=runs/$name
model=$run/$name.onnx

atnet synthesize --out data --photos "$photos" --count "$foregrounds" --test-share 0.05 \
  --workers "$workers"
atnet compose --data data --backgrounds-each 1 --trimaps random --workers "$workers"
atnet train all --config "configs/$name.toml" --resume
atnet export "$run/joint/best.npz" -o "$model"
atnet evaluate composition1k data --preset "$model" --report "$run/report/composites" \
  --workers "$workers" --threads 1 --resume
if [ -n "$alphamatting" ]; then
  atnet evaluate alphamatting "$alphamatting" --preset "$model" \
    --report "$run/report/alphamatting" --workers "$workers" --threads 1 --resume
fi
