"""Where the project's `config/` lies, seen from the working directory."""

from pathlib import Path

from probesteer.errors import ProbesteerError


def config_folder(given: str | Path | None = None) -> Path | None:
    """`given`, or the nearest `config/` with a config.yaml from the working directory upwards.

    None where there is none. Raises ProbesteerError where the one that is given is none.
    """
    if given is not None:
        if not (Path(given) / "config.yaml").is_file():
            raise ProbesteerError(f"{given}: holds no config.yaml; name the project's config/")
        return Path(given)
    here = Path.cwd()
    found = (folder / "config" for folder in (here, *here.parents))
    return next((folder for folder in found if (folder / "config.yaml").is_file()), None)
