"""A setting comes from the flag, else the environment, else config.toml, else the default."""

from __future__ import annotations

import pytest

from services.settings import BadSettings, load, of_data, write_config


def test_the_defaults_keep_everything_in_the_data_directory(tmp_path):
    settings = load({"data": str(tmp_path)}, {})
    assert settings.log_url == f"sqlite://{tmp_path}/log.db"
    assert settings.register_url == f"sqlite:///{tmp_path}/register.db"
    assert settings.documents_url == f"file://{tmp_path}/documents"
    assert settings.url == "http://localhost:8077"
    assert settings.embedded


@pytest.mark.parametrize(
    "flags, environ, config, port",
    [
        ({}, {}, {}, 8077),
        ({}, {}, {"port": 1}, 1),
        ({}, {"SEVENGATES_PORT": "2"}, {"port": 1}, 2),
        ({"port": 3}, {"SEVENGATES_PORT": "2"}, {"port": 1}, 3),
        ({"port": None}, {"SEVENGATES_PORT": ""}, {"port": 1}, 1),
    ],
)
def test_the_first_of_flag_environment_config_and_default_counts(tmp_path, flags, environ, config, port):
    if config:
        write_config(of_data(tmp_path), **config)
    assert load({"data": str(tmp_path), **flags}, environ).port == port


def test_config_keeps_what_was_written_before(tmp_path):
    settings = of_data(tmp_path)
    write_config(settings, sites=["plant-a"], public_url='https://permits.example/"x"')
    write_config(settings, sites=["plant-a", "plant-b"])
    again = load({"data": str(tmp_path)}, {})
    assert again.sites == ("plant-a", "plant-b")
    assert again.url == 'https://permits.example/"x"'


@pytest.mark.parametrize(
    "environ, said",
    [
        ({"SEVENGATES_PORT": "eighty"}, "port 'eighty': expected a whole number"),
        ({"SEVENGATES_PORT": "65536"}, "port 65536: expected 0 to 65535"),
        ({"SEVENGATES_SLOT": "-1"}, "slot -1: expected 0 to 99"),
        ({"SEVENGATES_LOG_URL": "sqlite://relative.db"}, "expected sqlite:///absolute/path.db or kafka://host:port"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line(tmp_path, environ, said):
    with pytest.raises(BadSettings, match=said.replace("(", r"\(")):
        load({"data": str(tmp_path)}, environ)
