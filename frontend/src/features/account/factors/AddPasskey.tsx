// A passkey: the password and a name, then the browser asks. Rendered by SecondFactors.tsx.
import { useState } from 'react'
import { TextField } from '../../../components/form/TextField'
import type { AddedFactor } from '../types'
import { beginPasskey, confirmPasskey } from './api'
import { ByPassword } from './ByPassword'
import { makePasskey } from './passkey'
import { nameRule } from './rules'

interface AddPasskeyProps {
  onAdded: (added: AddedFactor) => void
  onCancel: () => void
}

export function AddPasskey({ onAdded, onCancel }: AddPasskeyProps) {
  const [name, setName] = useState('Passkey')
  const add = async (password: string): Promise<AddedFactor> => {
    const { setup, options } = await beginPasskey(password)
    const credential = await makePasskey(options)
    return confirmPasskey({ setup, credential, name: nameRule(name.trim()) === null ? name : 'Passkey' })
  }
  return (
    <ByPassword title="Add a passkey" action="Add passkey" send={add} onDone={onAdded} onCancel={onCancel}>
      <p>
        A passkey is stored on this device, in your password manager or on a security key. After your
        password, your browser asks for it and for your fingerprint, face or PIN.
      </p>
      <TextField
        id="passkey-name"
        name="name"
        label="Name"
        hint="Helps you recognise it in the list."
        value={name}
        error={null}
        onChange={setName}
        onBlur={() => {}}
        autoComplete="off"
        maxLength={60}
      />
    </ByPassword>
  )
}
