//! The `parcelwatch` binary: arguments go to [`parcelwatch::cli`], its verdict becomes the exit code.

/// For the client's memory, too: records are allocated by one thread and freed by another, which the system's does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    parcelwatch::cli::main()
}
