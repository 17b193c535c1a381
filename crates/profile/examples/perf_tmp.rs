use std::time::Instant; use std::hint::black_box;
use notifyd_bpf::*; use notifyd_profile::*;
fn main(){ let t=std::fs::read_to_string("/tmp/perf/docker.json").unwrap();
 let t0=Instant::now();
 let c=compile(&Profile::parse(&t).unwrap(),Abi::X86_64).unwrap(); println!("compile {:?} len {} warn {:?}",t0.elapsed(),c.program.len(),c.warnings);
 for nr in [83,101,165,0,56,272,435,41,600]{ let d=SeccompData{nr,arch:AUDIT_ARCH_X86_64,..Default::default()};
  let n=20_000; let mut best=u128::MAX; for _ in 0..100 { let t=Instant::now(); for _ in 0..n { black_box(c.program.evaluate(black_box(&d))); } best=best.min(t.elapsed().as_nanos()); }
  println!("{nr} {} {:.1} ns",c.program.evaluate(&d),best as f64/n as f64);}
 // random
 let ds:Vec<_>=(0..4096u32).map(|i|SeccompData{nr:(i.wrapping_mul(2654435761)>>16) as i32%460,arch:if i%5==0{AUDIT_ARCH_I386}else{AUDIT_ARCH_X86_64},..Default::default()}).collect();
 let mut best=u128::MAX; for _ in 0..300 { let t=Instant::now(); for d in &ds { black_box(c.program.evaluate(black_box(d))); } best=best.min(t.elapsed().as_nanos()); } println!("random {:.1} ns",best as f64/4096.0);
 let p=c.program.refusing_listeners().unwrap(); println!("guarded {}",p.len());
 if std::env::args().len()>1 {println!("{}",c.program);}
}
