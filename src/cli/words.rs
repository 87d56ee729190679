//! Reads a folder of templates: what `notify.templates` or `--templates` names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Failure;
use crate::notify::render::{Problem, Words};

/// Files that are larger are no templates: a mistaken path must not fill the memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What is wrong with a folder of templates.
#[derive(Debug, thiserror::Error)]
#[error("the templates in {folder} are wrong:{}", .problems.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
pub struct Wrong {
    folder: String,
    problems: Vec<Problem>,
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Failure {
        Failure::Usage(wrong.to_string())
    }
}

/// Our words with those of the folder laid over them; ours alone where the folder's name is empty.
pub fn load(folder: &str) -> Result<Arc<Words>, Wrong> {
    read(folder).map_err(|problems| Wrong { folder: folder.to_owned(), problems })
}

/// The same, or everything that is wrong.
pub fn read(folder: &str) -> Result<Arc<Words>, Vec<Problem>> {
    if folder.is_empty() {
        return Ok(Words::builtin());
    }
    let mut files = BTreeMap::new();
    gather(Path::new(folder), "", &mut files).map_err(|problem| vec![problem])?;
    Words::with(&files).map(Arc::new)
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<(), Problem> {
    let wrong = |path: &str, error: &dyn std::fmt::Display| {
        let name = if path.is_empty() { folder.display().to_string() } else { path.to_owned() };
        Problem::file(&name, format!("expected a readable folder of files in UTF-8: {error}"))
    };
    let entries = std::fs::read_dir(folder).map_err(|error| wrong(prefix, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| wrong(prefix, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Editors and version control keep their own beside.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let path = format!("{prefix}{name}");
        let metadata = std::fs::metadata(entry.path()).map_err(|error| wrong(&path, &error))?;
        if metadata.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else if metadata.len() > FILE_BYTES_MAX {
            return Err(wrong(&path, &format!("{} bytes", metadata.len())));
        } else {
            let text = std::fs::read_to_string(entry.path()).map_err(|error| wrong(&path, &error))?;
            files.insert(path, text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn problems(files: &[(&str, &[u8])]) -> Vec<String> {
        let folder = folder(files);
        read(folder.path().to_str().unwrap()).err().into_iter().flatten().map(|problem| problem.to_string()).collect()
    }

    #[test]
    fn a_folder_is_read_whole_and_what_editors_keep_in_it_is_not() {
        let good: &[(&str, &[u8])] = &[
            ("en/own/lost.txt", b"{{ Parcel }} is lost\n\nSorry.\n"),
            ("zh-CN/sms.toml", "[own]\nlost = ['快件{{ tail }}已丢失。']\n".as_bytes()),
            (".git/config", b"x"),
            ("en/own/lost.txt~", b"{{"),
        ];
        assert_eq!(problems(good), Vec::<String>::new());
        assert!(Arc::ptr_eq(&read("").unwrap(), &Words::builtin()), "no folder, our words");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_path() {
        for (path, text, expected) in [
            ("en/own/lost.txt", &b"a\n\n{{ nonsense }}"[..], "en/own/lost.txt:3: expected a variable"),
            ("en/nonsense.txt", b"x", "en/nonsense.txt: expected a file that replaces one of ours"),
            ("en/own/lost.txt", b"\xff", "en/own/lost.txt: expected a readable folder of files in UTF-8"),
        ] {
            let problems = problems(&[(path, text)]);
            assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
        }
        let problems = read("/nonsense/nowhere").unwrap_err();
        assert!(problems[0].to_string().starts_with("/nonsense/nowhere: expected a readable folder"), "{problems:?}");
        let failure = Failure::from(load("/nonsense/nowhere").unwrap_err()).to_string();
        assert!(failure.starts_with("parcelwatch: the templates in /nonsense/nowhere are wrong:\n  "), "{failure}");
    }
}
