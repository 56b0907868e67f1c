"""`headgate models`: what ships in the package."""

from headgate.modelfile import bundled_models, label_names, locate_model, read_config


def models() -> None:
    """List the bundled models: name, task, size, whether it streams, labels."""
    for name in bundled_models():
        folder = locate_model(name)
        config = read_config(folder)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        reads = "bidirectional" if config.network.bidirectional else "streams"
        print(f"{name}\t{config.task}\t{size:.1f} MB\t{reads}\t{', '.join(label_names(config))}")
