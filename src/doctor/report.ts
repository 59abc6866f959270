// Findings as a person or a program reads them.

import type { Finding } from './finding'

export function inJson (findings: Finding[]): string {
  return `${JSON.stringify({ problems: count(findings, 'problem'), warnings: count(findings, 'warning'), findings }, null, 2)}\n`
}

export function inWords (findings: Finding[]): string {
  const [problems, warnings] = [count(findings, 'problem'), count(findings, 'warning')]
  const sum = `${problems} ${problems === 1 ? 'problem' : 'problems'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}. ${problems} 个问题，${warnings} 个警告。`
  return `${findings.map(show).join('')}\n${sum}\n`
}

function show ({ level, about, en, zh }: Finding): string {
  const indent = ' '.repeat(9)
  return `${level.padEnd(indent.length)}${about}: ${en}\n${indent}${zh}\n`
}

function count (findings: Finding[], level: Finding['level']): number {
  return findings.filter(finding => finding.level === level).length
}
