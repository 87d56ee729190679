//! The command line as its users see it.

use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_option_explains_itself() {
    for command in Cli::command().get_subcommands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for option in command.get_arguments() {
            assert!(option.get_help().is_some(), "{} {}", command.get_name(), option.get_id());
        }
    }
}

#[test]
fn an_error_is_printed_with_its_causes() {
    let error = anyhow::anyhow!("connection refused").context("expected a broker at b:9092").context("cannot start");
    let text = Failure::from(error).to_string();
    assert_eq!(
        text,
        "parcelwatch: cannot start\n  because: expected a broker at b:9092\n  because: connection refused"
    );
}
