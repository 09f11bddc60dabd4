//! The modules of one crate, and which names lead from one to another.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::source::Source;

/// A file.
#[derive(Debug)]
pub(crate) struct Module {
    path: Vec<String>,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    source: Source,
}

impl Module {
    /// The path of the module in its crate.
    pub(crate) fn name(&self) -> String {
        if self.path.is_empty() {
            "crate".to_owned()
        } else {
            self.path.join("::")
        }
    }
}

/// A crate; its root is the first module.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) modules: Vec<Module>,
}

/// Files that name something of another one, with these names.
pub(crate) type Arrows = BTreeMap<(usize, usize), BTreeSet<String>>;

impl Tree {
    /// Reads the crate with the root file `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self {
            modules: Vec::new(),
        };
        tree.add(root, root.parent().unwrap(), None, &[]);
        tree
    }

    /// `folder` is where the files of its children are.
    fn add(&mut self, file: &Path, folder: &Path, parent: Option<usize>, path: &[String]) -> usize {
        let text = fs::read_to_string(file).unwrap();
        let source = Source::read(&text);
        let children = source.children.clone();
        let index = self.modules.len();
        self.modules.push(Module {
            path: path.to_vec(),
            parent,
            children: BTreeMap::new(),
            source,
        });
        for child in children {
            let below = folder.join(&child);
            let candidates: [PathBuf; 2] =
                [folder.join(format!("{child}.rs")), below.join("mod.rs")];
            let file = candidates.iter().find(|candidate| candidate.exists());
            let file =
                file.unwrap_or_else(|| panic!("no file of `mod {child};` in {}", folder.display()));
            let path = [path, std::slice::from_ref(&child)].concat();
            let added = self.add(file, &below, Some(index), &path);
            self.modules[index].children.insert(child, added);
        }
        index
    }

    /// All arrows between files.
    pub(crate) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, module) in self.modules.iter().enumerate() {
            let source = &module.source;
            let imported = source.imports.iter();
            let imported = imported
                .filter(|(name, _)| !source.handed_on.contains(*name))
                .map(|(_, path)| path);
            for path in imported.chain(&source.paths) {
                if let Some(Found::Item(to)) = self.find(from, path, &mut BTreeSet::new())
                    && !self.is_inside(from, to)
                {
                    let name = path.join("::");
                    arrows.entry((from, to)).or_default().insert(name);
                }
            }
        }
        arrows
    }

    /// Whether `module` is `other`, or a module below it.
    fn is_inside(&self, module: usize, other: usize) -> bool {
        self.modules[module]
            .path
            .starts_with(&self.modules[other].path)
            && (other != 0 || module == 0)
    }

    /// What `path`, written in the module `from`, is. Nothing when it is of another crate.
    fn find(
        &self,
        from: usize,
        path: &[String],
        asked: &mut BTreeSet<(usize, String)>,
    ) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(self.inside(0, rest, asked)),
            "self" => Some(self.inside(from, rest, asked)),
            "super" => {
                let parent = self.modules[from].parent?;
                let rest_is_super = rest.first().is_some_and(|word| word == "super");
                if rest_is_super {
                    self.find(parent, rest, asked)
                } else {
                    Some(self.inside(parent, rest, asked))
                }
            }
            _ => self.known(from, path, asked),
        }
    }

    /// What `path` means in the module `module`; something that only the compiler sees is taken to be defined there.
    fn inside(
        &self,
        module: usize,
        path: &[String],
        asked: &mut BTreeSet<(usize, String)>,
    ) -> Found {
        if path.is_empty() {
            return Found::Module(module);
        }
        self.known(module, path, asked)
            .unwrap_or(Found::Item(module))
    }

    fn known(
        &self,
        module: usize,
        path: &[String],
        asked: &mut BTreeSet<(usize, String)>,
    ) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        if !asked.insert((module, first.clone())) {
            return None;
        }
        let Module {
            children, source, ..
        } = &self.modules[module];
        if let Some(child) = children.get(first) {
            return Some(self.inside(*child, rest, asked));
        }
        if source.items.contains(first) {
            return Some(Found::Item(module));
        }
        if let Some(import) = source.imports.get(first) {
            let path: Vec<String> = import.iter().chain(rest).cloned().collect();
            return self.find(module, &path, asked);
        }
        source
            .globs
            .iter()
            .find_map(|glob| match self.find(module, glob, asked)? {
                Found::Module(other) => self.known(other, path, asked),
                Found::Item(_) => None,
            })
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A module as a whole: naming it alone ties nothing.
    Module(usize),
    /// Something that is defined in the file of this module.
    Item(usize),
}
