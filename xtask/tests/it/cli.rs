//! Flags, help, output and exit codes.

use crate::harness::Place;

#[test]
fn every_subcommand_has_help_with_examples() {
    let place = Place::new();
    let help = place.ok(&["--help"]).stdout;
    for command in [
        "pipeline",
        "doctor",
        "sample",
        "ingest",
        "dataset",
        "pretrain",
        "train",
        "export",
        "inspect",
        "eval",
        "blind-test",
        "chat",
        "runs",
        "config",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is not in {help}"
        );
        let own = place.ok(&[command, "--help"]).stdout;
        assert!(
            own.contains("Examples:\n  cargo xtask ") || own.contains("Examples:\n  cp "),
            "{own}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let place = Place::new();
    for arguments in [
        &["pipelin"][..],
        &["pipeline", "--mode", "rl"],
        &["pipeline", "--force", "nothing"],
        &["pipeline", "--seed", "-1"],
        &["chat", "--greedy", "--temperature", "1"],
        &["doctor", "--run", "../elsewhere"],
        &["export", "--adapter", "x"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
    }
}

#[test]
fn the_configuration_goes_from_defaults_over_the_file_to_flags() {
    let place = Place::new();
    assert_eq!(place.ok(&["config", "--json"]).json()["run"], "default");
    place.write(
        "persona.toml",
        "run = 'mine'\nseed = 5\n[conversation]\ncontext_turns = 3\n",
    );
    let config = place.ok(&["config", "--json"]).json();
    assert_eq!(
        (&config["run"], &config["seed"]),
        (&"mine".into(), &5.into())
    );
    assert_eq!(config["conversation"]["context_turns"], 3);
    assert_eq!(
        place.ok(&["config", "--json", "--run", "other"]).json()["run"],
        "other"
    );
    place.write("else.toml", "seed = 6\n");
    assert_eq!(
        place
            .ok(&["config", "--json", "--config", "else.toml"])
            .json()["seed"],
        6
    );
}

#[test]
fn a_base_recommends_settings_that_the_user_overrides() {
    let place = Place::new();
    place.write(
        "base/recommended.toml",
        "seed = 9\n[train]\nrank = 12\nepochs = 7\n",
    );
    place.write("persona.toml", "base = 'base'\n[train]\nepochs = 3\n");
    let config = place.ok(&["config", "--json"]).json();
    assert_eq!(config["train"]["rank"], 12);
    assert_eq!(config["train"]["epochs"], 3);
    assert_eq!(config["seed"], 1, "a base does not choose the seed");
}

#[test]
fn doctor_shows_what_is_there_and_never_a_token() {
    let place = Place::with_server(1);
    place.write(".env", "DISCORD_TOKEN=verysecret\n");
    let ran = place.ok(&["doctor", "-vv"]);
    assert!(
        ran.stdout.contains("ok       DISCORD_TOKEN   present\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("note     HF_TOKEN        not set\n"),
        "{}",
        ran.stdout
    );
    assert!(!(ran.stdout + &ran.stderr).contains("verysecret"));
    let checks = place.ok(&["doctor", "--json"]).json();
    let names: Vec<&str> = checks["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    for name in [
        "processor",
        "memory",
        "disk",
        "graphics card",
        "base model",
        "tokenizer",
        "store",
        "input",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}

#[test]
fn doctor_exits_with_1_where_the_pipeline_could_not_run() {
    let place = Place::new();
    let ran = place.run(&["doctor", "--base", "./nowhere", "--input", "nothing.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("missing  base model"), "{}", ran.stdout);
    assert!(ran.stdout.contains("missing  input"), "{}", ran.stdout);
}

#[test]
fn doctor_looks_inside_and_ends_in_a_verdict() {
    let place = Place::with_server(1);
    let ready = place.ok(&["doctor", "--input", "chat"]).stdout;
    assert!(
        ready.ends_with(
            "Ready. A trial of a minute: cargo xtask pipeline --test --input \"chat\"\n"
        ),
        "{ready}"
    );
    place.write("other.toml", "seed = 2\n");
    let named = place.run(&["doctor", "--config", "other.toml"]).stdout;
    assert!(named.contains("configuration   other.toml"), "{named}");
    place.write("README.md", "# Read me\n");
    place.write("page.html", "<html>");
    place.write("model.gguf", "GGUF");
    for (arguments, lacking, said) in [
        (
            ["--input", "README.md"],
            "input",
            "neither JSON nor an archive",
        ),
        (
            ["--input", "page.html"],
            "input",
            "export again with the format JSON",
        ),
        (
            ["--base", "./model.gguf"],
            "base model",
            "can be run but not trained",
        ),
    ] {
        let ran = place.run(&[&["doctor"][..], &arguments].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.stdout);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        let verdict = format!("Not ready: see to {lacking} first.\n");
        assert!(ran.stdout.ends_with(&verdict), "{}", ran.stdout);
    }
    for name in [
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors",
        "config.json",
    ] {
        let mut bytes = std::fs::read(crate::harness::fixture_base().join(name)).unwrap();
        if name == "config.json" {
            bytes = String::from_utf8(bytes)
                .unwrap()
                .replace("\"qwen2\"", "\"llama\"")
                .into();
        }
        persona_core::atomic::write(&place.path().join("llama").join(name), bytes).unwrap();
    }
    let llama = place.run(&["doctor", "--base", "llama"]);
    assert_eq!(llama.code, Some(1), "{}", llama.stdout);
    assert!(llama.stdout.contains("found \"llama\""), "{}", llama.stdout);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let place = Place::new();
    let output = place.command(&["config"]).stdout(writer).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn messages_are_embedded_where_a_sentence_model_is_set() {
    let place = Place::with_server(16);
    let plain = place.ok(&["ingest", "export", "chat"]);
    assert!(
        plain.stderr.contains("`embedder` is not set"),
        "{}",
        plain.stderr
    );
    let settings = std::fs::read_to_string(place.path().join("persona.toml")).unwrap();
    place.write("persona.toml", &format!("embedder = 'nowhere'\n{settings}"));
    let missing = place.run(&["ingest", "export", "chat"]);
    assert_eq!(missing.code, Some(1), "{}", missing.stderr);
    assert!(missing.stderr.contains("nowhere"), "{}", missing.stderr);
}
