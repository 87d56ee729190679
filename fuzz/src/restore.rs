//! State logs: blocks of arbitrary bytes, and blocks of the right form with arbitrary values, into either machine.
//!
//! Bytes: which machine and form, then a block; or entries, each a table, a key up to a line's end, a length (2) and a value.

use parcelwatch::model::World;
use parcelwatch::notify::Notifier;
use parcelwatch::state::block::{BYTES_MAX, Packer};
use parcelwatch::state::{Foreign, Machine, restore_block};
use parcelwatch::track::Tracker;

use crate::bytes::{Bytes, NOW};
use crate::partition::dump;
use crate::worlds::world;

/// Reads it.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (is_tracker, is_packed) = (bytes.byte() % 2 == 0, bytes.byte() % 2 == 0);
    let blocks = if is_packed { vec![bytes.0.to_vec()] } else { packed(&mut bytes) };
    if is_tracker { check::<Tracker>(&blocks) } else { check::<Notifier>(&blocks) }
}

fn packed(bytes: &mut Bytes<'_>) -> Vec<Vec<u8>> {
    let mut packer = Packer::new(7);
    while !bytes.0.is_empty() {
        let table = bytes.byte() % 6;
        let key = String::from_utf8_lossy(bytes.until(b'\n')).into_owned();
        let length = usize::from(bytes.short());
        packer.push(table, &key, (length != 0xffff).then(|| bytes.take(length)));
    }
    let blocks = packer.finish();
    assert!(blocks.iter().all(|block| block.len() <= BYTES_MAX), "a block that no topic takes");
    blocks
}

/// What is accepted is written again and read again, and is the same; a machine comes up on it.
fn check<M: Machine + Default>(blocks: &[Vec<u8>]) {
    let world = world();
    let Some(mut machine) = read::<M>(blocks, &world) else { return };
    let found = dump(&mut machine, &world);
    let mut packer = Packer::new(1);
    for ((table, key), value) in &found {
        packer.push(*table as u8 + 1, key, Some(value));
    }
    let mut again = read::<M>(&packer.finish(), &world).expect("what was read before");
    assert!(dump(&mut again, &world) == found, "written and read, it is another");
    live(&mut machine, &world);
}

fn read<M: Machine + Default>(blocks: &[Vec<u8>], world: &World) -> Option<M> {
    let (mut machine, mut meta) = (M::default(), None);
    for block in blocks {
        restore_block(block, &mut machine.tables(), &mut Foreign::default(), &mut meta).ok()?;
    }
    machine.restored(world);
    Some(machine)
}

/// Damaged state that can be read is still no reason to fall over, or to turn in circles.
fn live<M: Machine>(machine: &mut M, world: &World) {
    machine.set_open(true);
    let mut out = Vec::new();
    for _ in 0..64 {
        if machine.handle_timeout(NOW, 16, world, &mut out) < 16 {
            break;
        }
    }
    machine.committed();
}
