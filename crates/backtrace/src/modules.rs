//! Modules that stay parsed, since containers run the same few files again and again.

use std::rc::Rc;

use crate::bytes::Source;
use crate::capture::Capture;
use crate::maps::Mapping;
use crate::module::Module;
use crate::proc_files::Identity;

const VDSO: &str = "[vdso]";

/// The modules that were used last.
#[derive(Debug)]
pub struct Modules {
    most: usize,
    /// The latest first. A file that is no ELF file is remembered as such.
    files: Vec<(Identity, Option<Rc<Module>>)>,
    vdso: Option<(Vec<u8>, Rc<Module>)>,
}

/// Where an address lies.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file's path as the target sees it, or `[vdso]`, `[anon]` and the like.
    pub name: String,
    pub module: Option<Rc<Module>>,
    /// The address as the file's own tables have it, or the distance from the start of the mapping.
    pub address: u64,
    /// What to add to the file's own addresses.
    pub bias: u64,
}

impl Place {
    /// Where the function there starts, by the file's own addresses.
    pub fn function_start(&self) -> Option<u64> {
        let module = self.module.as_ref()?;
        let of_tables = module.cfi().row(self.address).map(|row| row.start);
        of_tables.or_else(|| module.function_start(self.address))
    }
}

impl Modules {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            files: Vec::new(),
            vdso: None,
        }
    }

    /// Where code lies; `None` where the target has none.
    pub fn locate(&mut self, capture: &Capture, address: u64) -> Option<Place> {
        let mapping = capture.maps.code(address)?;
        let module = self.module(capture, mapping);
        let distance = address - mapping.range.start;
        let in_file = distance.checked_add(mapping.offset)?;
        let own = module.as_ref().and_then(|module| module.elf.address_of(in_file));
        let name = if mapping.name.is_empty() {
            "[anon]"
        } else {
            mapping.name.as_str()
        };
        let fallback = if mapping.inode == 0 { distance } else { in_file };
        let found = own.unwrap_or(fallback);
        Some(Place {
            name: name.to_owned(),
            module: module.filter(|_| own.is_some()),
            address: found,
            bias: address.wrapping_sub(found),
        })
    }

    fn module(&mut self, capture: &Capture, mapping: &Mapping) -> Option<Rc<Module>> {
        if mapping.name == VDSO {
            return self.vdso(capture, mapping);
        }
        let file = capture.file(mapping)?;
        let identity = file.identity();
        if let Some(at) = self.files.iter().position(|(known, _)| *known == identity) {
            self.files.get_mut(..=at)?.rotate_right(1);
            return self.files.first()?.1.clone();
        }
        let parsed = file
            .open()
            .and_then(|file| Module::parse(Source::File(file)))
            .map(Rc::new);
        self.files.insert(0, (identity, parsed.clone()));
        self.files.truncate(self.most);
        parsed
    }

    fn vdso(&mut self, capture: &Capture, mapping: &Mapping) -> Option<Rc<Module>> {
        let bytes = capture.vdso(mapping)?;
        // Programs of another ABI have another one.
        if let Some((_, module)) = self.vdso.as_ref().filter(|(known, _)| *known == bytes) {
            return Some(Rc::clone(module));
        }
        let module = Rc::new(Module::parse(Source::Memory(bytes.clone()))?);
        self.vdso = Some((bytes, Rc::clone(&module)));
        Some(module)
    }
}
