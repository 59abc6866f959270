// Findings as a person or a program reads them.

import type { Finding } from './finding'

export function inJson (findings: Finding[]): string {
  const sums = { problems: count(findings, 'problem'), warnings: count(findings, 'warning') }
  return `${JSON.stringify({ ...sums, findings }, null, 2)}\n`
}

export function inWords (findings: Finding[]): string {
  const [problems, warnings] = [count(findings, 'problem'), count(findings, 'warning')]
  const english = `${inNumber(problems, 'problem')}, ${inNumber(warnings, 'warning')}.`
  return `${findings.map(show).join('')}\n${english} ${problems} 个问题，${warnings} 个警告。\n`
}

function inNumber (number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function show ({ level, about, en, zh }: Finding): string {
  const indent = ' '.repeat(9)
  return `${level.padEnd(indent.length)}${about}: ${en}\n${indent}${zh}\n`
}

function count (findings: Finding[], level: Finding['level']): number {
  return findings.filter(finding => finding.level === level).length
}
