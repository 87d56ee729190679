//! The `parcelwatch` binary: arguments go to [`parcelwatch::cli`], its verdict becomes the exit code.

fn main() -> std::process::ExitCode {
    parcelwatch::cli::main()
}
